import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordTimestamp, Row, SinkParts } from '../../../src/core/pipeline.js';
import type { Sink } from '../../../src/core/sink.js';
import { type Numbers, snapshot } from '../../../src/sinks/snapshot/index.js';
import type { WrittenResult } from '../../contracts/sink.contract.js';
import { rememberingOutput, sinkParts } from '../../support/parts.js';
import { rememberingLog } from '../../support/silent-log.js';

/** Numbers that tell what was counted: every result by name. */
type Seen = { results: { topic: string; partition: number; offset: string; id: unknown }[]; sum: number };

export const seen: Numbers<Row, Seen> = {
  file: 'seen.json',
  empty: () => ({ results: [], sum: 0 }),
  add(numbers, { id }, { topic, partition, offset }) {
    numbers.results.push({ topic, partition, offset: String(offset), id });
    numbers.sum += Number(id);
  },
  toJson: ({ results, sum }) => ({ sum, results }),
  read(stored) {
    if (!Array.isArray(stored.results) || typeof stored.sum !== 'number') throw new Error('no results or no sum');
    return { results: stored.results, sum: stored.sum };
  },
  show: { every: ({ every }) => every ?? 5, lines: ({ results, sum }) => [`${results.length} results`, `sum ${sum}`] },
};

/** A folder for a snapshot, and the topic that it is of. */
export const newWorld = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rowbridge-snapshot-'));
  const folder = join(directory, 'group');
  const path = join(folder, 'seen.json');
  const output = rememberingOutput();
  const { log, lines } = rememberingLog();
  const topic = {
    timestamp: (offset: bigint): RecordTimestamp => ({ kind: 'found', timestamp: 1_700_000_000_000 + Number(offset) }),
  };
  const opened: Sink<Row>[] = [];
  return {
    directory,
    folder,
    path,
    topic,
    shown: output.shown,
    warnings: () => lines.filter(({ level }) => level === 'warn'),
    sink(changes: Partial<SinkParts> = {}): Sink<Row> {
      const readRecordTimestamp: SinkParts['readRecordTimestamp'] = async (_topic, _partition, offset) => topic.timestamp(offset);
      const sink = snapshot(seen)(sinkParts({ directory, output, log, readRecordTimestamp, ...changes }));
      opened.push(sink);
      return sink;
    },
    /** As a kill does it: the memory is gone, and whoever comes next finds a lock that nobody holds. */
    async kill(): Promise<void> {
      await rm(join(folder, 'worker.lock'), { recursive: true, force: true });
    },
    files: async () => (await readdir(folder)).sort(),
    text: () => readFile(path, 'utf8'),
    put: (text: string) => writeFile(path, text),
    async written(): Promise<WrittenResult[]> {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      const { results } = text === undefined ? seen.empty() : seen.read(JSON.parse(text));
      return results.map(({ topic, partition, offset, id }) => ({
        topic,
        partition,
        offset: BigInt(offset),
        id,
        deleted: false,
      }));
    },
    async remove() {
      await Promise.all(opened.map((sink) => sink.close?.().catch(() => {})));
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export type World = Awaited<ReturnType<typeof newWorld>>;

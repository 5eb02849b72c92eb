import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordTimestamp, Row } from '../../../src/core/pipeline.js';
import { type JsonLog, type JsonLogOptions, jsonLog } from '../../../src/sinks/json-log/index.js';
import type { WrittenResult } from '../../contracts/sink.contract.js';
import { rememberingLog } from '../../support/silent-log.js';

/** A directory for logs, and the topic that they are of. */
export const newWorld = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rowbridge-log-'));
  const { log, lines } = rememberingLog();
  const topic = {
    timestamp: (offset: bigint): RecordTimestamp => ({ kind: 'found', timestamp: 1_700_000_000_000 + Number(offset) }),
  };
  const opened: JsonLog<Row>[] = [];
  const pathOf = (instance: string, file = 'consumer_log.json') => join(directory, instance, file);
  const text = (instance: string, file?: string) => readFile(pathOf(instance, file), 'utf8');
  return {
    directory,
    lines,
    topic,
    pathOf,
    text,
    sink(instance: string, options: Partial<JsonLogOptions> = {}): JsonLog<Row> {
      const sink = jsonLog<Row>({
        directory,
        instance,
        log,
        readRecordTimestamp: async (_topic, _partition, offset) => topic.timestamp(offset),
        graceMs: 40,
        ...options,
      });
      // Calls of a simulated life are let through by nobody at the end.
      if (options.files === undefined) opened.push(sink);
      return sink;
    },
    /** Every line of an instance's log, in its order. */
    async written(instance: string): Promise<WrittenResult[]> {
      const lines = (await text(instance).catch(() => '')).split('\n').filter((line) => line !== '');
      return lines.map((line) => {
        const { id, deleted = false, _kafka } = JSON.parse(line);
        return { topic: _kafka.topic, partition: _kafka.partition, offset: BigInt(_kafka.offset), id, deleted };
      });
    },
    async offsets(instance: string, partition = 0): Promise<number[]> {
      return (await this.written(instance)).filter((one) => one.partition === partition).map(({ offset }) => Number(offset));
    },
    files: async (instance: string) => (await readdir(join(directory, instance))).sort(),
    warnings: () => lines.filter(({ level }) => level === 'warn').map(({ message }) => message),
    async remove() {
      await Promise.all(opened.map((sink) => sink.close().catch(() => {})));
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export type World = Awaited<ReturnType<typeof newWorld>>;

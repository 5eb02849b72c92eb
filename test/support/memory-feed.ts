import type { Codec } from '../../src/core/codec.js';
import type { FeedRun } from '../../src/core/feed.js';
import type { Row } from '../../src/core/pipeline.js';
import type { Position } from '../../src/core/position.js';
import type { FeedState, Found, PositionStore } from '../../src/core/position-store.js';
import type { Source } from '../../src/core/source.js';
import { avro, type Topic } from '../../src/core/topic.js';
import type { MemoryBroker } from './memory-broker.js';
import { silentLog } from './silent-log.js';

export type Item = Readonly<{ id: number; at: string }>;

export const items: Topic<Item> = { name: 'items', partitions: 3, format: avro('items-value'), key: ({ id }) => String(id) };

export const jsonCodec: Codec = {
  open: async <T>() => ({
    encode: (value: T) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as T,
  }),
};

export const compareItems = (a: Position, b: Position): number => {
  const [left, right] = [a, b].map(({ at = '', id }) => `${at}/${id === undefined ? '' : id.padStart(9, '0')}`) as [
    string,
    string,
  ];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** A table in memory: `rows()` is what a read finds at that moment. Ends its pass when it has given a heartbeat, if `onIdle` says so. */
export const memorySource = (rows: () => readonly Item[], pageRows: number, onIdle: () => void): Source<Item> => {
  const positionOf = ({ id, at }: Item): Position => ({ at, id: String(id) });
  return {
    name: 'items',
    positionOf,
    compare: compareItems,
    async *read({ after, signal }) {
      let position = after;
      while (!signal.aborted) {
        const page = rows()
          .filter((row) => position === null || compareItems(positionOf(row), position) > 0)
          .sort((a, b) => compareItems(positionOf(a), positionOf(b)))
          .slice(0, pageRows);
        const last = page[page.length - 1];
        if (last !== undefined) position = positionOf(last);
        yield { values: page, position };
        if (last === undefined) onIdle();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
};

export type MemoryPositions = PositionStore & Readonly<{ edit(from: Position | null): void; state(): FeedState | null }>;

/** A position store in memory that outlives the feed. */
export const memoryPositions = (): MemoryPositions => {
  let state: FeedState | null = null;
  let edit: { from: Position | null } | null = null;
  return {
    state: () => state,
    edit: (from) => {
      edit = { from };
    },
    async load(): Promise<Found> {
      if (edit !== null) {
        const { from } = edit;
        edit = null;
        return { kind: 'replay', from, previous: state };
      }
      return state === null ? { kind: 'replay', from: null, previous: null, missing: true } : { kind: 'saved', state };
    },
    async save(next) {
      if (edit !== null) return false;
      state = next;
      return true;
    },
    edited: async () => edit !== null,
    async setAside() {
      state = null;
      return 'aside';
    },
  };
};

type TableFeed = Readonly<{
  source: Source<Row>;
  broker: MemoryBroker;
  partitions: number;
  positions: PositionStore;
  signal: AbortSignal;
}>;

/** A feed of a table's rows into the topic that is named like its source, in memory. */
export const memoryTableFeed = ({ source, broker, partitions, positions, signal }: TableFeed): FeedRun<Row> => ({
  name: source.name,
  source,
  topic: { name: source.name, partitions, format: avro(`${source.name}-value`), key: ({ id }) => String(id) },
  codec: jsonCodec,
  publish: broker.publish,
  reader: broker.reader,
  positions,
  origin: async () => ({}),
  stillOurs: async () => true,
  log: silentLog,
  signal,
  settleMs: 1,
});

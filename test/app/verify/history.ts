import type { Evidence } from '../../../src/app/verify/evidence.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import type { IncomingRecord } from '../../../src/core/broker.js';
import type { ReadBack, TopicCodec } from '../../../src/core/codec.js';
import { BridgeError } from '../../../src/core/errors.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Replay } from '../../../src/core/position-store.js';
import { RETRY_GROUP_HEADER, RETRY_OF_HEADER, RETRY_ORIGIN_HEADER } from '../../../src/core/retry-headers.js';
import type { Topic } from '../../../src/core/topic.js';
import type { Transform } from '../../../src/core/transform.js';
import { wholeLines } from '../../../src/sinks/json-log/whole-lines.js';

/** A record as a test writes it down. */
export type Rec = { at: number; key: string | null; value: string | null; retry?: Readonly<{ of: string; group: string }> };
export type Dead = { partition?: number; offset?: number; key?: string; group?: string };

/** The group that keeps the logs, and one that keeps none. */
export const GROUP = 'loggers';
export const OTHER_GROUP = 'others';

/** All that a verification looks at, in memory and free to be spoilt. */
export type History = {
  /** By partition, from offset 0 on. */
  partitions: Rec[][];
  starts: number[];
  ends: number[];
  files: string[][];
  rows: Row[];
  dead: Dead[];
  replays: Replay[];
  position: string | null;
  committed: number[];
  /** Every version that was committed; null: not written down. */
  journal: { key: string; timestamp: string }[] | null;
  transform: Transform<Row, Row>;
  /** By partition, up to which offset lines may be in logs that are away. */
  away: number[];
};

export const topic: Topic<Row> = {
  name: 'things',
  partitions: 3,
  format: { kind: 'json', check: (value) => value as Row },
  key: ({ id }) => String(id),
};

const bad = (text: string): BridgeError => new BridgeError({ code: 'DECODE_FAILED', kind: 'record', found: text, fix: '' });

export const codec: TopicCodec<Row> = {
  encode: ({ id, name, changed }) =>
    Buffer.from(JSON.stringify({ id, name, changed: String(changed).replace(/[TZ]/g, ' ').trim() })),
  decode: (bytes) => {
    const text = bytes.toString();
    if (text.startsWith('bad')) throw bad('it is bad');
    return JSON.parse(text) as Row;
  },
};

const COLUMNS = ['id', 'name', 'changed'];

const readBack: ReadBack<Row> = {
  decode: codec.decode,
  columnsOf: () => COLUMNS,
  otherwise: () => [],
  encoderOf: () => codec.encode,
};

const retryHeaders = ({ retry }: Rec): IncomingRecord['headers'] =>
  retry === undefined
    ? {}
    : {
        [RETRY_OF_HEADER]: Buffer.from(retry.of),
        [RETRY_ORIGIN_HEADER]: Buffer.from('1/1'),
        [RETRY_GROUP_HEADER]: Buffer.from(retry.group),
      };

const incoming = (record: Rec, offset: number): IncomingRecord => ({
  offset: BigInt(offset),
  timestamp: record.at,
  key: record.key === null ? null : Buffer.from(record.key),
  value: record.value === null ? null : Buffer.from(record.value),
  headers: retryHeaders(record),
});

const header = (value: string | number): Buffer => Buffer.from(String(value));

const letter = ({ partition, offset, key, group }: Dead): IncomingRecord => ({
  ...incoming({ at: 1, key: key ?? null, value: '' }, 0),
  headers: {
    'rowbridge.topic': header(topic.name),
    'rowbridge.reason': header('too large'),
    ...(partition === undefined ? {} : { 'rowbridge.partition': header(partition) }),
    ...(group === undefined ? {} : { 'rowbridge.group': header(group) }),
    ...(offset === undefined ? {} : { 'rowbridge.offset': header(offset) }),
  },
});

const inMemory = (text: string) => {
  const bytes = Buffer.from(text);
  return {
    read: async (buffer: Buffer, at: number, length: number, position: number) => ({
      bytesRead: bytes.copy(buffer, at, position, Math.min(bytes.length, position + length)),
      buffer,
    }),
  };
};

const byPartition = (numbers: readonly number[]) => new Map(numbers.map((number, partition) => [partition, BigInt(number)]));

/** The evidence of a history, records in batches of a few. */
export const evidenceOf = (history: History): Evidence => {
  const { positionOf, compare } = positionsOf('changed', 'id');
  const position = history.position === null ? null : { timestamp: history.position };
  return {
    topic,
    codec: readBack,
    starts: byPartition(history.starts),
    ends: byPartition(history.ends),
    async *records(partition, from, to) {
      const all = (history.partitions[partition] ?? []).map(incoming).slice(Math.max(from, history.starts[partition] ?? 0), to);
      for (let at = 0; at < all.length; at += 3) yield all.slice(at, at + 3);
    },
    endsNow: async () => byPartition(history.partitions.map((records) => records.length)),
    async *deadLetters() {
      yield history.dead.map(letter);
    },
    logs: {
      files: history.files.map((lines, index) => {
        const text = lines.map((line) => `${line}\n`).join('');
        return {
          instance: `log_${index}`,
          bytes: text.length,
          lines: () => wholeLines(inMemory(text) as never, `log_${index}`),
        };
      }),
      transform: history.transform,
      group: GROUP,
      away: { files: [], upTo: new Map(history.away.map((upTo, partition) => [partition, upTo])) },
      committed: byPartition(history.committed),
    },
    journal:
      history.journal === null
        ? null
        : async function* () {
            yield history.journal ?? [];
          },
    table: {
      key: 'id',
      cursor: 'changed',
      columns: COLUMNS,
      async *rows() {
        yield history.rows;
      },
      expectedRows: history.rows.length,
      replays: history.replays,
      position,
      positionOf,
      reached: (row) => position !== null && compare(row, { ...position, key: '999999' }) <= 0,
    },
  };
};

import type { IncomingRecord } from '../../core/broker.js';
import type { Places } from './places.js';

/** A row that could not travel. */
export type DeadRow = Readonly<{ key: string | null; reason: string }>;

/** What the dead letters of a topic tell. */
export type DeadLetters = Readonly<{
  /** Offsets of the topic's records, by partition. */
  offsets: ReadonlyMap<number, Float64Array>;
  /** Keys of rows that never came into the topic, with the reason. */
  rows: ReadonlyMap<string, string>;
  /** Rows whose keys are not kept, since there are too many. */
  rowsNotKept: number;
}>;

/** More keys of rows are not kept: memory is bounded. */
const MOST_ROWS = 200_000;

const WHOLE = /^\d{1,15}$/;

const header = (record: IncomingRecord, name: string): string | undefined => record.headers[`rowbridge.${name}`]?.toString();

/** Reads the dead letters of a topic. @param group whose letters count; those that name none do, too. undefined: all */
export const readDeadLetters = async (
  topic: string,
  group: string | undefined,
  records: AsyncIterable<readonly IncomingRecord[]>,
): Promise<DeadLetters> => {
  const lists = new Map<number, { offsets: Float64Array; count: number }>();
  const rows = new Map<string, string>();
  let rowsNotKept = 0;
  const addOffset = (partition: number, offset: number): void => {
    const list = lists.get(partition) ?? { offsets: new Float64Array(64), count: 0 };
    if (list.count === list.offsets.length) {
      const larger = new Float64Array(2 * list.count);
      larger.set(list.offsets);
      list.offsets = larger;
    }
    list.offsets[list.count++] = offset;
    lists.set(partition, list);
  };
  for await (const batch of records)
    for (const record of batch) {
      if (header(record, 'topic') !== topic) continue;
      const by = header(record, 'group');
      if (group !== undefined && by !== undefined && by !== group) continue;
      const [partition, offset] = [header(record, 'partition'), header(record, 'offset')];
      if (partition !== undefined && offset !== undefined) {
        if (WHOLE.test(partition) && WHOLE.test(offset)) addOffset(Number(partition), Number(offset));
      } else if (record.key !== null) {
        if (rows.size < MOST_ROWS) rows.set(record.key.toString(), header(record, 'reason') ?? 'no reason given');
        else rowsNotKept++;
      }
    }
  const offsets = new Map([...lists].map(([partition, list]) => [partition, list.offsets.subarray(0, list.count)]));
  return { offsets, rows, rowsNotKept };
};

/** Notes which records of a pass are in the dead letters. */
export const markDead = ({ offsets }: DeadLetters, places: Places): void => {
  for (const [partition, list] of offsets)
    for (const offset of list) {
      const place = places.of(partition, offset);
      if (place >= 0) places.dead.set(place);
    }
};

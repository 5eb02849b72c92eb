import type { IncomingRecord } from '../../core/broker.js';
import { printedTimestamp, sameButForTimes } from '../../core/timestamp.js';
import type { Detail } from './findings.js';
import type { Read } from './judge-record.js';

/** A record that is being looked at. */
export type InHand = Readonly<{
  record: IncomingRecord;
  read: Read;
  /** Of the row where there is one, else of the record. */
  key: string | null;
  /** The row's own time; undefined where it has none. */
  time: string | undefined;
  partition: number;
  offset: number;
}>;

/**
 * The key of a record's row, as the table has it. A record is keyed by what the server prints: made of the decoded row a time has
 * another form. A key that is not the row's own is left to be found out.
 */
export const rowKey = (record: IncomingRecord, ofDecoded: string): string => {
  const own = record.key?.toString();
  return own !== undefined && sameButForTimes(own, ofDecoded) ? own : ofDecoded;
};

export const recordDetail = ({ key, time, partition, offset }: InHand, what?: string): Detail => ({
  in: 'topic',
  key,
  timestamp: time === undefined ? null : printedTimestamp(time),
  partition,
  offset: String(offset),
  ...(what === undefined ? {} : { what }),
});

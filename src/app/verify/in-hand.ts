import type { IncomingRecord } from '../../core/broker.js';
import { printedTimestamp } from '../../core/timestamp.js';
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

export const recordDetail = ({ key, time, partition, offset }: InHand, what?: string): Detail => ({
  in: 'topic',
  key,
  timestamp: time === undefined ? null : printedTimestamp(time),
  partition,
  offset: String(offset),
  ...(what === undefined ? {} : { what }),
});

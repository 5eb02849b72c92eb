import type { IncomingRecord, OutgoingRecord } from './broker.js';
import { shortReason } from './reason.js';
import { RETRY_GROUP_HEADER, RETRY_OF_HEADER, RETRY_ORIGIN_HEADER } from './retry-headers.js';

/** More than a dead letter has beside the key and value of its record: reason, origin, group, and the envelope. */
export const DEAD_LETTER_ROOM_BYTES = 16_384;

/** A dead letter as it stands in its topic. Without an `origin` it is a row that could not travel: there are no bytes of it. */
export type DeadLetter = Readonly<{
  offset: bigint;
  timestamp: number;
  reason: string;
  /** The topic that it could not be read from, or could not get into. */
  topic: string;
  origin: Readonly<{ partition: number; offset: bigint }> | undefined;
  /** The consumer group that could not handle it; undefined in letters of older versions. */
  group: string | undefined;
  key: Buffer | null;
  value: Buffer | null;
}>;

const whole = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;

/** Reads a record of a dead-letter topic; what somebody else has put there has neither a reason nor an origin. */
export const deadLetterOf = ({ offset, timestamp, key, value, headers }: IncomingRecord): DeadLetter => {
  const text = (name: string): string | undefined => headers[`rowbridge.${name}`]?.toString();
  const [partition, from] = [whole(text('partition')), whole(text('offset'))];
  return {
    offset,
    timestamp,
    // Letters of older versions have reasons of any length.
    reason: shortReason(text('reason') ?? 'unknown: rowbridge did not write it'),
    topic: text('topic') ?? '',
    origin: partition === undefined || from === undefined ? undefined : { partition: Number(partition), offset: from },
    group: text('group'),
    key,
    value,
  };
};

/** What tells one retry from all others: its dead letter, and where that came from. */
export const retryIdentity = (letter: bigint | string, origin: string): string => `${letter} of ${origin}`;

export const originText = ({ partition, offset }: NonNullable<DeadLetter['origin']>): string => `${partition}/${offset}`;

/** The record to be sent again, for one group only. */
export const retryRecord = (
  { offset, key, value }: DeadLetter,
  origin: NonNullable<DeadLetter['origin']>,
  group: string,
): OutgoingRecord => ({
  key,
  value,
  headers: { [RETRY_OF_HEADER]: String(offset), [RETRY_ORIGIN_HEADER]: originText(origin), [RETRY_GROUP_HEADER]: group },
});

/** Whose retry a record is; undefined for a record that is none. */
export const retryOf = ({ headers }: IncomingRecord): string | undefined => {
  const [letter, origin] = [headers[RETRY_OF_HEADER]?.toString(), headers[RETRY_ORIGIN_HEADER]?.toString()];
  return letter === undefined || origin === undefined ? undefined : retryIdentity(letter, origin);
};

import type { LetterCount } from '../app/dead-letters.js';
import type { DeadLetter } from '../core/dead-letter.js';
import { harmless } from '../core/harmless.js';

const MOST_SHOWN_BYTES = 1_024;

const time = (ms: number): string => new Date(ms).toISOString();

/** One line for dead letters that are alike. */
export const countLine = ({ reason, group, hasBytes, count, waiting, first, last }: LetterCount): string =>
  `  ${count} (${waiting} not sent again), ${time(first)} to ${time(last)}, ${hasBytes ? `group ${group ?? 'unknown'}` : 'never published'}: ${harmless(reason)}`;

const asText = (bytes: Buffer): string | undefined => {
  const text = bytes.toString('utf8');
  // Bytes that only look like text come back as others.
  return Buffer.from(text).equals(bytes) && !/[\p{Cc}]/u.test(text.replace(/[\t\r\n]/g, '')) ? text : undefined;
};

const bytesLine = (bytes: Buffer | null): string => {
  if (bytes === null) return 'none';
  const shown = bytes.subarray(0, MOST_SHOWN_BYTES);
  const more = bytes.length > shown.length ? ` ... ${bytes.length} bytes in all` : '';
  const text = asText(bytes);
  return text === undefined ? `hex ${shown.toString('hex')}${more}` : `${harmless(text.slice(0, MOST_SHOWN_BYTES))}${more}`;
};

const bytesJson = (bytes: Buffer | null): object | null => {
  if (bytes === null) return null;
  const text = asText(bytes);
  return text === undefined ? { base64: bytes.toString('base64') } : { text };
};

/** A dead letter for machines. */
export const letterJson = (
  { offset, timestamp, reason, topic, origin, group, key, value }: DeadLetter,
  sentAgain: boolean,
): object => ({
  deadLetter: Number(offset),
  at: time(timestamp),
  reason,
  topic,
  ...(origin === undefined ? {} : { partition: origin.partition, offset: Number(origin.offset) }),
  ...(group === undefined ? {} : { group }),
  sentAgain,
  key: bytesJson(key),
  value: origin === undefined ? null : bytesJson(value),
});

/** A dead letter for people, harmless on a terminal. */
export const letterLines = (
  { offset, timestamp, reason, topic, origin, group, key, value }: DeadLetter,
  sentAgain: boolean,
): string[] => [
  `dead letter ${offset}, ${time(timestamp)}${sentAgain ? ', sent again' : ''}`,
  `  reason  ${harmless(reason)}`,
  origin === undefined
    ? `  origin  a row for ${harmless(topic)} that could not be published: it travels again when it changes, or with a replay`
    : `  origin  ${harmless(topic)}/${origin.partition} offset ${origin.offset}${group === undefined ? '' : `, group ${harmless(group)}`}`,
  `  key     ${bytesLine(key)}`,
  ...(origin === undefined ? [] : [`  value   ${bytesLine(value)}`]),
];

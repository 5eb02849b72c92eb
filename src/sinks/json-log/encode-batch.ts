import type { Result } from '../../core/sink.js';
import { partitionKey, type TopicPartition } from '../../core/topic.js';
import type { Meta } from '../../core/transform.js';
import { fieldsText, tombstoneText } from './encode-value.js';
import type { LastLine } from './log-content.js';
import { alreadyLogged, notAssigned, valueUnwritable } from './log-errors.js';

/** A partition that this worker may log, and the lowest offset that is not in the logs yet. */
export type Lane = { readonly key: string; readonly head: string; next: bigint };

/** The lanes by topic and partition. */
export type Lanes = ReadonlyMap<string, readonly (Lane | undefined)[]>;

/** Lines for one write, and what they add to each lane. */
export type EncodedBatch = Readonly<{ bytes: Buffer; lines: number; lasts: ReadonlyMap<Lane, LastLine> }>;

const headOf = ({ topic, partition }: TopicPartition): string =>
  `"_kafka":{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":`;

export const lanesFor = (assigned: readonly TopicPartition[], next: ReadonlyMap<string, bigint>): Lanes => {
  const lanes = new Map<string, (Lane | undefined)[]>();
  for (const at of assigned) {
    const key = partitionKey(at);
    const ofTopic = lanes.get(at.topic) ?? [];
    ofTopic[at.partition] = {
      key,
      head: headOf(at),
      next: next.get(key) ?? 0n,
    };
    lanes.set(at.topic, ofTopic);
  }
  return lanes;
};

const bodyText = <T extends object>({ value, key, meta }: Result<T>, keyField: string): string => {
  try {
    const text = value === null ? tombstoneText(keyField, key) : fieldsText(value);
    return text === '' ? '{' : `{${text},`;
  } catch (error) {
    throw valueUnwritable(`${partitionKey(meta)} offset ${meta.offset}`, error);
  }
};

/** The end of the results that one record became. */
const unitEnd = <T>(results: readonly Result<T>[], start: number, { topic, partition, offset }: Meta): number => {
  for (let end = start + 1; ; end++) {
    const meta = results[end]?.meta;
    if (meta === undefined || meta.offset !== offset || meta.partition !== partition || meta.topic !== topic) return end;
  }
};

/** The lines of one record's results, from `start` up to `end`. */
const unitText = <T extends object>(
  results: readonly Result<T>[],
  start: number,
  end: number,
  head: string,
  keyField: string,
): string => {
  const { offset, timestamp } = (results[start] as Result<T>).meta;
  const of = end - start;
  const kafka = `${head}${offset},"timestamp":${timestamp}`;
  let text = '';
  for (let part = 1; part <= of; part++) {
    const body = bodyText(results[start + part - 1] as Result<T>, keyField);
    text += of === 1 ? `${body}${kafka}}}\n` : `${body}${kafka},"part":${part},"of":${of}}}\n`;
  }
  return text;
};

/** The lines that the results of one record become; none for none. */
export const linesText = <T extends object>(results: readonly Result<T>[], keyField = 'id'): Buffer =>
  Buffer.from(results[0] === undefined ? '' : unitText(results, 0, results.length, headOf(results[0].meta), keyField));

/**
 * One text for a whole batch. Where a record became several results, each of its lines says which part of how many it is,
 * so that a reader can tell a whole unit from one that was cut short.
 * @throws BridgeError `transient` for a record that is not to be logged here, or not again
 */
export const encodeBatch = <T extends object>(results: readonly Result<T>[], lanes: Lanes, keyField: string): EncodedBatch => {
  const lasts = new Map<Lane, { offset: bigint; timestamp: number; lines: number }>();
  let text = '';
  for (let start = 0; start < results.length; ) {
    const { meta } = results[start] as Result<T>;
    const { topic, partition, offset, timestamp } = meta;
    const lane = lanes.get(topic)?.[partition];
    if (lane === undefined) throw notAssigned(partitionKey(meta));
    const last = lasts.get(lane);
    if (offset < lane.next || (last !== undefined && offset <= last.offset)) throw alreadyLogged(lane.key, offset);
    const end = unitEnd(results, start, meta);
    const of = end - start;
    text += unitText(results, start, end, lane.head, keyField);
    if (last === undefined) lasts.set(lane, { offset, timestamp, lines: of });
    else {
      last.offset = offset;
      last.timestamp = timestamp;
      last.lines += of;
    }
    start = end;
  }
  return { bytes: Buffer.from(text), lines: results.length, lasts };
};

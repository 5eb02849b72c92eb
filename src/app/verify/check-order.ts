import { retryOf } from '../../core/dead-letter.js';
import { printedTimestamp } from '../../core/timestamp.js';
import type { Judging } from './evidence.js';
import type { Collector } from './findings.js';
import { clockOf, dayOf, type Fingerprint, fingerprintInto, fractionOf, newFingerprint } from './fingerprint.js';
import { rowKey } from './in-hand.js';
import { readRecord } from './judge-record.js';
import { plainText } from './line-print.js';
import type { Window } from './passes.js';
import { replayCounter } from './replays.js';

/** Keys by fingerprint, each with the latest time that was seen of it in a replay. */
const latestByKey = (room: number) => {
  const slots = Math.max(16, Math.ceil(room / 0.75) + 1);
  const highs = new Uint32Array(slots);
  const lows = new Uint32Array(slots);
  const seconds = new Float64Array(slots);
  const fractions = new Uint32Array(slots);
  const replays = new Uint8Array(slots);
  return {
    /** False when a later time of this key was seen before in this replay. */
    see({ high, low }: Fingerprint, replay: number, time: string): boolean {
      const [second, fraction] = [dayOf(time) * 1_000_000 + clockOf(time), fractionOf(time)];
      let slot = Math.floor((high / 4_294_967_296) * slots);
      while (replays[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = slot + 1 === slots ? 0 : slot + 1;
      const before = seconds[slot] as number;
      const isLater = second > before || (second === before && fraction >= (fractions[slot] as number));
      if (replays[slot] === replay && !isLater) return false;
      highs[slot] = high;
      lows[slot] = low;
      seconds[slot] = second;
      fractions[slot] = fraction;
      replays[slot] = replay;
      return true;
    },
  };
};

/**
 * Finds the records of a partition that are older than a record of the same key before them, within one replay. Reads the partition
 * once for each part of its keys that fits into memory.
 */
export const checkOrder = async (
  { evidence, mostRecords, onProgress }: Judging,
  { partition, start, end }: Window,
  found: Collector,
): Promise<void> => {
  const { topic, table, codec } = evidence;
  if (table === null) return;
  const parts = Math.max(1, Math.ceil((2 * (end - start)) / mostRecords));
  const print = newFingerprint();
  for (let part = 0; part < parts; part++) {
    // Keys fall into parts of about the same size.
    const keys = latestByKey(Math.ceil((end - start) / parts) + (parts > 1 ? Math.ceil(mostRecords / 4) : 0));
    const replayOf = replayCounter(table.replays, partition);
    for await (const batch of evidence.records(partition, start, end)) {
      for (const record of batch) {
        if (retryOf(record) !== undefined) continue;
        const reading = readRecord(codec, record);
        const read = reading instanceof Promise ? await reading : reading;
        const replay = replayOf(Number(record.offset));
        const time = read.kind === 'value' ? plainText(read.value[table.cursor]) : undefined;
        if (read.kind !== 'value' || time === undefined || replay === 0) continue;
        const key = rowKey(record, topic.key(read.value));
        fingerprintInto(print, partition, key);
        if (print.high % parts !== part || keys.see(print, replay, time)) continue;
        found.add('outOfOrder', partition, () => ({
          in: 'topic',
          key,
          timestamp: printedTimestamp(time),
          partition,
          offset: String(record.offset),
          what: 'a later version of this key stands before it',
        }));
      }
      onProgress?.('order', batch.length);
    }
  }
};

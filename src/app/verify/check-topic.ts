import type { IncomingRecord } from '../../core/broker.js';
import { retryOf } from '../../core/dead-letter.js';
import { isForAnother } from '../../core/judge.js';
import { partitionOf } from '../../core/partition.js';
import { printedTimestamp } from '../../core/timestamp.js';
import { type AccountOptions, accounting } from './accounted.js';
import type { Kind } from './findings.js';
import { fingerprintInto, newFingerprint } from './fingerprint.js';
import { type InHand, recordDetail, rowKey } from './in-hand.js';
import { type Read, readRecord } from './judge-record.js';
import { plainText } from './line-print.js';
import type { Window } from './passes.js';
import type { Payloads } from './payload.js';
import { type Reached, replayCounter } from './replays.js';
import type { Payload, VersionSet } from './version-set.js';

export type CheckTopic = AccountOptions &
  Readonly<{ payloads: Payloads | null; versions: VersionSet; onRead(records: number): void }>;

/** What a partition told besides what is wrong with it. */
export type PartitionSeen = Readonly<{
  records: number;
  /** In the dead letters. */
  dead: number;
  /** Left out by the transform. */
  dropped: number;
  /** In rotated logs that are not there, as far as can be told. */
  away: number;
  /** Sent again from the dead letters. */
  retries: number;
  /** Published before the first replay that the state knows of: which of them are twice cannot be said. */
  beforeReplays: number;
  /** Some record is older than one before it: keys have to be looked at one by one. */
  unordered: boolean;
  reached: Reached;
}>;

/** Those of different shapes cannot be compared: a column came or went between them. */
const differs = (a: Payload, b: Payload): boolean => a.shape === b.shape && a.print !== b.print;

/** How the times of a partition's records run. */
const timekeeper = () => {
  let oldest: Reached['oldest'] = null;
  const latest = new Map<number, string>();
  return {
    unordered: false,
    note(replay: number, time: string): void {
      oldest ??= { replay, timestamp: time };
      const before = latest.get(replay);
      if (before === undefined || time >= before) latest.set(replay, time);
      else if (replay > 0) this.unordered = true;
    },
    reached: (removed: boolean): Reached => ({
      removed,
      oldest: oldest === null ? null : { ...oldest, timestamp: printedTimestamp(oldest.timestamp) },
      latest: new Map([...latest].map(([replay, time]) => [replay, printedTimestamp(time)])),
    }),
  };
};

/** Reads a partition of a pass and compares it with the logs; adds its versions to the set. */
export const checkPartition = async (options: CheckTopic, window: Window): Promise<PartitionSeen> => {
  const { evidence, payloads, places, versions, found, onRead } = options;
  const { topic, codec, table, logs } = evidence;
  const { partition, start, base } = window;
  const { part, parts } = places.pass;
  const replayOf = replayCounter(table?.replays ?? [], partition);
  const counts = { records: 0, dead: 0, dropped: 0, away: 0, retries: 0, beforeReplays: 0 };
  const isAccounted = accounting(options, counts);
  const times = timekeeper();
  const print = newFingerprint();
  const retries = new Set<string>();

  const add = (kind: Kind, hand: InHand, what?: string): void => found.add(kind, partition, () => recordDetail(hand, what));

  const inHand = (record: IncomingRecord, read: Read): InHand => {
    const offset = Number(record.offset);
    if (table === null || read.kind !== 'value')
      return { record, read, key: record.key?.toString() ?? null, time: undefined, partition, offset };
    return {
      record,
      read,
      key: rowKey(record, topic.key(read.value)),
      time: plainText(read.value[table.cursor]),
      partition,
      offset,
    };
  };

  const addVersion = (hand: InHand, accounted: boolean, payload: Payload | null, isRetry: boolean): void => {
    const replay = replayOf(hand.offset);
    let slot = versions.find(print);
    if (slot < 0) {
      slot = ~slot;
      versions.add(slot, print, base + hand.offset - start);
      if (payload !== null) versions.setPayload(slot, payload);
    } else {
      if (!isRetry && replay > 0 && versions.replay(slot) === replay)
        add('duplicate', hand, 'this version is in the topic before, in the same replay');
      if (payload !== null && differs(versions.payload(slot), payload))
        add('divergent', hand, 'this version is in the topic before, with other fields');
    }
    // One that was sent again belongs to no replay.
    if (!isRetry) versions.seenIn(slot, replay);
    if (accounted) versions.markLogged(slot);
  };

  const checkKey = (hand: InHand, isVersion: boolean): void => {
    const { key } = hand.record;
    if (isVersion && key?.toString() !== hand.key) add('divergent', hand, `its record has the key ${key?.toString() ?? 'null'}`);
    if (key !== null && partitionOf(key, topic.partitions) !== partition) add('misplaced', hand);
  };

  const checkRetry = (hand: InHand, retry: string): void => {
    counts.retries++;
    if (retries.has(retry)) add('duplicate', hand, 'its dead letter was sent again before');
    retries.add(retry);
  };

  const payloadOf = ({ record, read }: InHand): Payload | null => {
    if (payloads === null || read.kind !== 'value' || record.value === null) return null;
    const shape = payloads.shapeOf(record.value);
    return { shape, print: payloads.print(read.value, shape) };
  };

  const check = (hand: InHand): void => {
    const { key, time, offset } = hand;
    const isVersion = key !== null && time !== undefined;
    const retry = retryOf(hand.record);
    if (isVersion) {
      // One that was sent again comes later than newer versions of its key.
      if (retry === undefined) times.note(replayOf(offset), time);
      fingerprintInto(print, partition, key, time);
    }
    if (isVersion ? print.high % parts !== part : part > 0) return;
    counts.records++;
    if (isVersion && retry === undefined && replayOf(offset) === 0) counts.beforeReplays++;
    if (retry !== undefined) checkRetry(hand, retry);
    checkKey(hand, isVersion);
    // Before the transform: it may change the value.
    const payload = isVersion ? payloadOf(hand) : null;
    const accounted = isAccounted(hand, base + offset - start);
    // Of the version that it is sent again for, the record tells that another group could not handle it.
    if (logs !== null && isForAnother(hand.record, logs.group)) return;
    if (isVersion) addVersion(hand, accounted, payload, retry !== undefined);
    else if (!accounted) add('lost', hand);
  };

  for await (const batch of evidence.records(partition, start, window.end)) {
    for (const record of batch) {
      const read = readRecord(codec, record);
      check(inHand(record, read instanceof Promise ? await read : read));
    }
    onRead(batch.length);
  }
  return { ...counts, unordered: times.unordered, reached: times.reached(start > 0) };
};

import { isForAnother } from '../../core/judge.js';
import type { Row } from '../../core/pipeline.js';
import type { Result } from '../../core/sink.js';
import type { Evidence } from './evidence.js';
import type { Collector, Kind } from './findings.js';
import { type InHand, recordDetail } from './in-hand.js';
import { type Read, resultsOf } from './judge-record.js';
import { orReason, plainText, simplePrint, unwritable } from './line-print.js';
import type { Places } from './places.js';

export type AccountOptions = Readonly<{
  evidence: Evidence;
  deep: boolean;
  places: Places;
  found: Collector;
  /** Of the lines that a record's results become. */
  printOf(results: readonly Result<Row>[]): number;
  /** Up to where the logs of the partitions have come. */
  passed: ReadonlyMap<number, number>;
}>;

const BELONGS = 'it has a line, but it belongs into the dead letters';

/** Records that are accounted for without a line. */
export type Unlogged = { dead: number; dropped: number; away: number };

/**
 * Gives a function that tells whether a record is accounted for: by lines in a log, which are compared, or by being in the dead
 * letters, left out by the transform, sent again for another group, perhaps in a log that is away, or not yet due. What is wrong goes to the findings.
 */
export const accounting = (
  { evidence, deep, places, found, printOf, passed }: AccountOptions,
  counts: Unlogged,
): ((hand: InHand, place: number) => boolean) => {
  const { topic, table, logs, codec } = evidence;
  const { logged, mixed, dead, prints } = places;
  if (logs === null) return () => true;

  const add = (kind: Kind, hand: InHand, what?: string): void => found.add(kind, hand.partition, () => recordDetail(hand, what));

  const expected = ({ record, read: own, partition }: InHand, read: Read = own) =>
    resultsOf(logs.transform, read, record, {
      topic: topic.name,
      partition,
      offset: record.offset,
      timestamp: record.timestamp,
    });

  /** Its worker may have had another version of the schema: columns that the record does not hold are empty in its lines or left out. */
  const saysOtherwise = (hand: InHand, says: number | undefined): boolean => {
    const { value } = hand.record;
    if (hand.read.kind !== 'value' || value === null) return false;
    for (const other of codec.otherwise(value)) {
      const results = expected(hand, { kind: 'value', value: other });
      if (typeof results !== 'string' && results.length > 0 && orReason(() => printOf(results)) === says) return true;
    }
    return false;
  };

  /** What is wrong with the lines of a record; undefined when nothing is. */
  const complaint = (hand: InHand, place: number): string | undefined => {
    const { record, read, key, time } = hand;
    if (isForAnother(record, logs.group)) return 'it has a line, but it was sent again for another group';
    const says = prints[place];
    if (mixed.has(place)) return 'its lines are not the same';
    // Most transforms keep key and time; for one that does not, its results are asked.
    if (!deep && read.kind === 'value' && table !== null) {
      const own = simplePrint(record.timestamp, plainText(read.value[table.key]) ?? key ?? undefined, time);
      if (own === says) return undefined;
    }
    const results = expected(hand);
    if (typeof results === 'string') return `${BELONGS}: ${results}`;
    if (results.length === 0) return 'it has a line, but the transform leaves it out';
    const print = orReason(() => printOf(results));
    if (print === says || saysOtherwise(hand, says)) return undefined;
    return typeof print === 'string' ? `${BELONGS}: ${print}` : 'its line says something else';
  };

  return (hand, place) => {
    if (logged.has(place)) {
      const wrong = complaint(hand, place);
      if (wrong !== undefined) add('divergent', hand, wrong);
      return true;
    }
    if (dead.has(place)) {
      counts.dead++;
      return true;
    }
    if (isForAnother(hand.record, logs.group)) return true;
    const isAway = hand.offset <= (logs.away.upTo.get(hand.partition) ?? -1);
    const passedTo = passed.get(hand.partition) ?? 0;
    if (!isAway && hand.offset >= passedTo) {
      add('lag', hand, `the logs have come to offset ${passedTo}`);
      return true;
    }
    const results = expected(hand);
    if (typeof results !== 'string' && results.length === 0) {
      counts.dropped++;
      return true;
    }
    const reason = typeof results === 'string' ? results : unwritable(results);
    if (isAway && reason === undefined) {
      counts.away++;
      return true;
    }
    add('gap', hand, reason === undefined ? undefined : `not in the dead letters either: ${reason}`);
    return false;
  };
};

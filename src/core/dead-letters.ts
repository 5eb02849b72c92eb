import type { OutgoingRecord, Publish } from './broker.js';
import { BridgeError } from './errors.js';
import { deadLetterTopicOf } from './topic.js';

/** How many dead letters a role may write, in how long. */
export type DeadLetterLimit = Readonly<{ most: number; windowSeconds: number }>;

/**
 * Writes the dead letters of a topic.
 * @throws BridgeError `integrity` when they would be more than the limit allows: none of them is written then
 */
export type DeadLetters = (topic: string, records: readonly OutgoingRecord[]) => Promise<void>;

const tooMany = ({ most, windowSeconds }: DeadLetterLimit, found: number, topic: string, last: OutgoingRecord): BridgeError =>
  new BridgeError({
    code: 'TOO_MANY_DEAD_LETTERS',
    kind: 'integrity',
    found: `${found} record${found === 1 ? '' : 's'} of '${topic}' within ${windowSeconds} s could not be handled, the limit is ${most}. The last: ${last.headers?.['rowbridge.reason']}`,
    fix: 'Mend the cause and start again, or raise --max-dead-letters: the batch in hand is neither committed nor saved, and comes again.',
  });

/** The dead letters of one role, counted over its whole life; without a limit any number is written. */
export const deadLetters = (
  publish: Publish,
  limit?: DeadLetterLimit,
  nowMs: () => number = () => performance.now(),
): DeadLetters => {
  let recent: Readonly<{ atMs: number; records: number }>[] = [];
  return async (topic, records) => {
    const last = records[records.length - 1];
    if (last === undefined) return;
    const atMs = nowMs();
    if (limit !== undefined) {
      recent = recent.filter((one) => atMs - one.atMs < limit.windowSeconds * 1000);
      const found = recent.reduce((sum, one) => sum + one.records, records.length);
      if (found > limit.most) throw tooMany(limit, found, topic, last);
    }
    await publish(deadLetterTopicOf(topic), [{ partition: 0, records }]);
    // Those whose outcome is unknown come again, and would count twice.
    recent.push({ atMs, records: records.length });
  };
};

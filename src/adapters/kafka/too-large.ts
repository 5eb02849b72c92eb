import { BridgeError } from '../../core/errors.js';
import { chainOf } from './errors.js';
import { sizeBatch } from './record-batch.js';
import type { Slice } from './rounds.js';

/** The broker's default for `max.message.bytes`: any batch fits but that of a single record that is larger. */
const USUAL_BYTES = 1_048_588;

/** By what the broker says of a batch: what to set on the topic so that it takes it. */
const SETTINGS: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'max.message.bytes',
  RECORD_LIST_TOO_LARGE: 'segment.bytes',
};

/**
 * The error for batches that the broker has refused for their size: no other try can help. Undefined for every other error.
 * One limit holds for all of them, so the largest is among those that were refused.
 */
export const batchTooLarge = (error: unknown, topic: string, batches: readonly Slice[]): BridgeError | undefined => {
  const said = /\b(?:MESSAGE|RECORD_LIST)_TOO_LARGE\b/.exec(chainOf(error))?.[0];
  if (said === undefined) return undefined;
  const bytes = Math.max(...batches.map(({ records }) => sizeBatch(records).bytes));
  const setting = SETTINGS[said];
  return new BridgeError({
    code: 'BATCH_TOO_LARGE_FOR_TOPIC',
    kind: 'configuration',
    found: `Kafka refused a batch of ${bytes} bytes: topic '${topic}' has a smaller ${setting}.`,
    fix: `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${setting}=${Math.max(bytes, USUAL_BYTES)}, then start again.`,
    cause: error,
  });
};

import { BridgeError, messageOf } from '../../core/errors.js';
import { within } from '../../core/within.js';

type KafkaJsError = Error &
  Readonly<{ type?: string; retriable?: boolean; broker?: string; cause?: unknown; originalError?: unknown }>;

/** kafkajs wraps the error that counts, once or twice. */
const innermost = (error: unknown): KafkaJsError => {
  let inner = error as KafkaJsError;
  for (let depth = 0; depth < 5; depth++) {
    const next = (inner.originalError ?? inner.cause) as KafkaJsError | undefined;
    if (!(next instanceof Error)) return inner;
    inner = next;
  }
  return inner;
};

/** The names and types of an error of kafkajs, and of the one inside that counts. */
export const chainOf = (error: unknown): string => {
  const inner = innermost(error);
  return [(error as Error)?.name, (error as KafkaJsError)?.type, inner?.name, inner?.type].join(' ');
};

/**
 * What an error of kafkajs means for rowbridge. `what` says what was being done, as in "publishing to product_updates".
 * Anything that is not known to be final is transient: a broker that is away looks like many things.
 */
export const kafkaError = (error: unknown, what: string): BridgeError => {
  if (error instanceof BridgeError) return error;
  const chain = chainOf(error);
  const said = messageOf(innermost(error));
  if (/SASL|AUTHENTICATION|ILLEGAL_SASL/i.test(chain))
    return new BridgeError({
      code: 'KAFKA_ACCESS_DENIED',
      kind: 'configuration',
      found: `Kafka refused the credentials while ${what}: ${said}.`,
      fix: 'Check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
      cause: error,
    });
  if (/AUTHORIZATION_FAILED/.test(chain))
    return new BridgeError({
      code: 'KAFKA_NOT_AUTHORIZED',
      kind: 'configuration',
      found: `Kafka does not allow this user ${what}: ${said}.`,
      fix: 'Give the user the right (ACL) for this topic and group.',
      cause: error,
    });
  if (/UNKNOWN_TOPIC_OR_PARTITION/.test(chain))
    return new BridgeError({
      code: 'TOPIC_MISSING',
      kind: 'transient',
      found: `A topic or partition is not there while ${what}: ${said}.`,
      fix: "Run 'rowbridge setup'; the program goes on by itself once the topic is there.",
      cause: error,
    });
  return new BridgeError({
    code: 'KAFKA_UNAVAILABLE',
    kind: 'transient',
    found: `Kafka did not answer while ${what}: ${said}.`,
    fix: 'Check KAFKA_BROKERS and that the broker runs; the program goes on by itself.',
    cause: error,
  });
};

/** A partition has no leader yet, or another than was known: nothing was done, and it has one in a moment. */
export const isLeaderUnsettled = (error: unknown): boolean =>
  /\b(NOT_LEADER_FOR_PARTITION|LEADER_NOT_AVAILABLE)\b/.test(chainOf(error));

/** Runs a call of kafkajs with a deadline and in rowbridge's terms. */
export const inTermsOf = async <T>(what: string, call: () => Promise<T>, deadlineMs = 60_000): Promise<T> => {
  try {
    return await within(deadlineMs, call);
  } catch (error) {
    throw kafkaError(error, what);
  }
};

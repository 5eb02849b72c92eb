import { z } from 'zod';
import { type Config, settingInvalid } from './config.js';
import { deadLetterTopicOf } from './core/topic.js';

/** What the environment says of one feed. */
export type FeedSettings = Readonly<{ topic?: string; partitions?: number; count?: number; delayMs?: number }>;

/** Kafka takes 249; the topic of the dead letters has a longer name. */
const MOST_LETTERS = 249 - deadLetterTopicOf('').length;

const number = z.string().trim().min(1, 'a number is expected').pipe(z.coerce.number());

const KINDS = {
  TOPIC: z
    .string()
    .max(MOST_LETTERS)
    .regex(/^(?!\.{1,2}$)[a-zA-Z0-9._-]+$/, "a topic's name has letters, digits, '.', '_' and '-' only"),
  PARTITIONS: number.pipe(z.int().min(1).max(1_000)),
  COUNT: number.pipe(z.int().min(0)),
  DELAY_MS: number.pipe(z.number().min(0).max(3_600_000)),
} as const;

/** The variable that says something of a feed: `PRODUCT_EVENTS_TOPIC` for the topic of the feed `product-events`. */
export const feedVariable = (feed: string, kind: keyof typeof KINDS): string =>
  `${feed.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_${kind}`;

/**
 * Reads `<FEED>_TOPIC`, `<FEED>_PARTITIONS`, `<FEED>_COUNT` and `<FEED>_DELAY_MS`.
 * @throws BridgeError `configuration` naming the variable
 */
export const feedSettings = ({ given }: Config, feed: string): FeedSettings => {
  const read = <K extends keyof typeof KINDS>(kind: K): z.infer<(typeof KINDS)[K]> | undefined => {
    const name = feedVariable(feed, kind);
    if (given[name] === undefined) return undefined;
    const parsed = KINDS[kind].safeParse(given[name]);
    if (!parsed.success) throw settingInvalid(name, parsed.error.issues[0]?.message ?? 'unknown form');
    return parsed.data as z.infer<(typeof KINDS)[K]>;
  };
  const [topic, partitions, count, delayMs] = [read('TOPIC'), read('PARTITIONS'), read('COUNT'), read('DELAY_MS')];
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(count === undefined ? {} : { count }),
    ...(delayMs === undefined ? {} : { delayMs }),
  };
};

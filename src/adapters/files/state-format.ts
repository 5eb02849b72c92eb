import { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { Position } from '../../core/position.js';
import type { FeedState } from '../../core/position-store.js';
import { canonicalTimestamp, isCanonicalForm } from '../../core/timestamp.js';

const VERSION = 1;

const offsets = z.record(z.string().regex(/^\d+$/), z.string().regex(/^\d+$/));

/** A position of our own bookkeeping, which people have no reason to edit: its time is as we write it, of a day that does not exist too. */
const ownPosition = z
  .record(z.string(), z.string())
  .refine(({ timestamp }) => timestamp === undefined || isCanonicalForm(timestamp), {
    error: 'its timestamp is not a UTC time as rowbridge writes it',
  });

const bookkeeping = z.object({
  version: z.literal(VERSION),
  position: z.record(z.string(), z.string()).nullable(),
  settled: ownPosition.exactOptional(),
  doubt_from: ownPosition.exactOptional(),
  end_offsets: offsets,
  read_at: z.iso.datetime().exactOptional(),
  clean: z.boolean(),
  origin: z.object({
    server: z.string().exactOptional(),
    tableCreated: z.string().exactOptional(),
    cluster: z.string().exactOptional(),
  }),
  replays: z.array(z.object({ at: z.string(), from: z.string().nullable(), end_offsets: offsets })),
});

const file = z.object({ last_read_timestamp: z.string().nullable(), _rowbridge: bookkeeping.optional() });

/** What a state file says. */
export type StoredState = Readonly<{
  text: string;
  /** The program's own bookkeeping; null where a person wrote the file anew. */
  state: FeedState | null;
  /** Whether the person's timestamp differs from the program's copy. */
  edited: boolean;
  /** Where the person's timestamp says to read from. */
  from: Position | null;
}>;

const refuse = (path: string, problem: string): BridgeError =>
  new BridgeError({
    code: 'STATE_INVALID',
    kind: 'configuration',
    found: `${path} is not a state file that rowbridge understands: ${problem}. It was left as it is.`,
    fix: `Put {"last_read_timestamp": null} into it to replay everything, a UTC time like "2026-11-21 01:22:33.123456" to replay from there, or delete it.`,
  });

const mapOf = (record: Readonly<Record<string, string>>): ReadonlyMap<number, bigint> =>
  new Map(Object.entries(record).map(([partition, end]) => [Number(partition), BigInt(end)]));

const recordOf = (ends: ReadonlyMap<number, bigint>): Record<string, string> =>
  Object.fromEntries([...ends].sort(([a], [b]) => a - b).map(([partition, end]) => [String(partition), String(end)]));

const parsedJson = (text: string, path: string): unknown => {
  if (text.trim() === '') throw refuse(path, 'it is empty');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(path, `it is not JSON (${(error as Error).message})`);
  }
};

const timestampIn = (value: string | null, path: string): string | null => {
  if (value === null) return null;
  const canonical = canonicalTimestamp(value);
  if (canonical === undefined)
    throw refuse(
      path,
      `last_read_timestamp is '${value}', not a UTC time (a space or a T between day and time, 0 to 6 fraction digits, Z or nothing)`,
    );
  return canonical;
};

/** @throws BridgeError `configuration` naming the file and what is wrong in it */
export const parseState = (text: string, path: string): StoredState => {
  const parsed = file.safeParse(parsedJson(text, path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw refuse(path, `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'unknown form'}`);
  }
  const { last_read_timestamp, _rowbridge: own } = parsed.data;
  // What we have written ourselves may be a day that does not exist, if the table has one; what a person writes may not.
  const ours = last_read_timestamp === own?.position?.timestamp && isCanonicalForm(last_read_timestamp ?? '');
  const timestamp = ours ? last_read_timestamp : timestampIn(last_read_timestamp, path);
  const state: FeedState | null =
    own === undefined
      ? null
      : {
          position: own.position,
          ...(own.settled === undefined ? {} : { settled: own.settled }),
          ...(own.doubt_from === undefined ? {} : { doubtFrom: own.doubt_from }),
          endOffsets: mapOf(own.end_offsets),
          ...(own.read_at === undefined ? {} : { readAt: own.read_at }),
          clean: own.clean,
          origin: own.origin,
          replays: own.replays.map(({ at, from, end_offsets }) => ({ at, from, endOffsets: mapOf(end_offsets) })),
        };
  const edited = state === null || (state.position?.timestamp ?? null) !== timestamp;
  return { text, state, edited, from: timestamp === null ? null : { timestamp } };
};

/** The text of a state file: what people read on top, our bookkeeping under `_rowbridge`. */
export const stateText = (state: FeedState): string => {
  const { position, settled, doubtFrom, endOffsets, readAt, clean, origin, replays } = state;
  const own: z.infer<typeof bookkeeping> = {
    version: VERSION,
    position: position === null ? null : { ...position },
    ...(settled === undefined ? {} : { settled: { ...settled } }),
    ...(doubtFrom === undefined ? {} : { doubt_from: { ...doubtFrom } }),
    end_offsets: recordOf(endOffsets),
    ...(readAt === undefined ? {} : { read_at: readAt }),
    clean,
    origin: { ...origin },
    replays: replays.map(({ at, from, endOffsets: ends }) => ({ at, from, end_offsets: recordOf(ends) })),
  };
  return `${JSON.stringify({ last_read_timestamp: position?.timestamp ?? null, _rowbridge: own }, null, 2)}\n`;
};

/** The text of a wish for a replay. The id tells two wishes for the same time apart. */
export const requestText = (from: string | null, id: string): string => `${JSON.stringify({ from, id })}\n`;

export const parseRequest = (text: string, path: string): Position | null => {
  const parsed = z.object({ from: z.string().nullable() }).safeParse(parsedJson(text, path));
  if (!parsed.success) throw refuse(path, 'a replay request has the field from: a time or null');
  const timestamp = timestampIn(parsed.data.from, path);
  return timestamp === null ? null : { timestamp };
};

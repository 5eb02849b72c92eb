import { createHash } from 'node:crypto';

/** The last line of a partition in a log, and how many there are. */
export type LastLine = Readonly<{ offset: bigint; timestamp: number; lines: number }>;

/** What is known of the first `bytes` of a log, all of them whole units. */
export type LogContent = Readonly<{
  bytes: number;
  lines: number;
  /** The last bytes before `bytes`, to tell this log from another. */
  tail: Buffer;
  /** By `partitionKey`. */
  offsets: ReadonlyMap<string, LastLine>;
}>;

export const TAIL_BYTES = 256;

export const EMPTY_LOG: LogContent = { bytes: 0, lines: 0, tail: Buffer.alloc(0), offsets: new Map() };

const VERSION = 1;

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A claim about a log that holds only if its bytes before `bytes` have this hash. */
export type StoredContent = Readonly<{ content: Omit<LogContent, 'tail'>; tailHash: string }>;

/** @param more fields of the caller's own */
export const contentText = ({ bytes, lines, tail, offsets }: LogContent, more: object = {}): string => {
  const partitions = [...offsets].map(([key, { offset, timestamp, lines }]) => [
    key,
    { offset: offset.toString(), timestamp, lines },
  ]);
  return `${JSON.stringify({ version: VERSION, bytes, lines, tail: hashOf(tail), offsets: Object.fromEntries(partitions), ...more }, null, 2)}\n`;
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Undefined for anything that `contentText` did not write. */
export const parseContent = (text: string): StoredContent | undefined => {
  try {
    const { version, bytes, lines, tail, offsets } = JSON.parse(text);
    if (version !== VERSION || !isCount(bytes) || !isCount(lines) || typeof tail !== 'string') return undefined;
    const known = new Map<string, LastLine>();
    for (const [key, { offset, timestamp, lines }] of Object.entries<Record<string, unknown>>(offsets)) {
      if (typeof offset !== 'string' || typeof timestamp !== 'number' || !isCount(lines)) return undefined;
      known.set(key, { offset: BigInt(offset), timestamp, lines });
    }
    return { content: { bytes, lines, offsets: known }, tailHash: tail };
  } catch {
    return undefined;
  }
};

/** The stored claim, if these are the bytes that it was made about. */
export const vouchFor = ({ content, tailHash }: StoredContent, tail: Buffer): LogContent | undefined =>
  hashOf(tail) === tailHash ? { ...content, tail } : undefined;

/** The content of a log after a batch was appended to it. */
export const appended = (
  { bytes, lines, tail, offsets }: LogContent,
  batch: Readonly<{ bytes: Buffer; lines: number }>,
  lasts: Iterable<readonly [string, LastLine]>,
): LogContent => {
  const known = new Map(offsets);
  for (const [key, last] of lasts) known.set(key, { ...last, lines: last.lines + (known.get(key)?.lines ?? 0) });
  return {
    bytes: bytes + batch.bytes.length,
    lines: lines + batch.lines,
    tail:
      batch.bytes.length >= TAIL_BYTES
        ? Buffer.from(batch.bytes.subarray(-TAIL_BYTES))
        : Buffer.concat([tail, batch.bytes]).subarray(-TAIL_BYTES),
    offsets: known,
  };
};

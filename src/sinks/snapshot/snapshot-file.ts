import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { ifThere } from '../../adapters/files/file-system.js';
import { BridgeError, messageOf } from '../../core/errors.js';

/** The last record counted of a partition. */
export type Counted = Readonly<{ offset: bigint; timestamp: number }>;

/** What a snapshot holds: the numbers as they stand in the file, and how far each partition is in them (key: `partitionKey`). */
export type Snapshot = Readonly<{ numbers: Readonly<Record<string, unknown>>; counted: ReadonlyMap<string, Counted> }>;

const place = z.object({ offset: z.string().regex(/^\d+$/), timestamp: z.number() });
const content = z.looseObject({ _rowbridge: z.object({ counted: z.record(z.string(), place) }) });

const broken = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SNAPSHOT_INVALID',
    kind: 'integrity',
    found: `${path} is not what rowbridge wrote: ${messageOf(cause).split('\n')[0]}.`,
    fix: 'Move it away: everything is then counted again from the topic.',
    cause,
  });

const unreadable = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SNAPSHOT_UNREADABLE',
    kind: 'environment',
    found: `Cannot read ${path}: ${messageOf(cause)}.`,
    fix: 'Give this user the right to read and write there.',
    cause,
  });

/**
 * Reads a snapshot; undefined where there is none.
 * @throws BridgeError `integrity` when it is damaged, `environment` when it cannot be read; it is left as it is
 */
export const readSnapshot = async <S>(
  path: string,
  numbersOf: (stored: Readonly<Record<string, unknown>>) => S,
): Promise<Readonly<{ numbers: S; counted: Map<string, Counted> }> | undefined> => {
  const text = await ifThere(readFile(path, 'utf8')).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (text === undefined) return undefined;
  try {
    const { _rowbridge, ...numbers } = content.parse(JSON.parse(text));
    const counted = Object.entries(_rowbridge.counted).map(([key, { offset, timestamp }]): [string, Counted] => [
      key,
      { offset: BigInt(offset), timestamp },
    ]);
    return { numbers: numbersOf(numbers), counted: new Map(counted) };
  } catch (cause) {
    throw broken(path, cause);
  }
};

/** JSON would make null of them, which is no number when it is read again. */
const finite = (_name: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`JSON has no number ${value}`);
  return value;
};

/** A snapshot as it stands in its file. @throws Error for what JSON cannot hold */
export const snapshotText = ({ numbers, counted }: Snapshot): string => {
  const places = [...counted].map(([key, { offset, timestamp }]) => [key, { offset: offset.toString(), timestamp }]);
  return `${JSON.stringify({ ...numbers, _rowbridge: { counted: Object.fromEntries(places) } }, finite, 2)}\n`;
};

/** Puts a snapshot aside under a name with the time; gives that name, or undefined where there was none. */
export const setSnapshotAside = async (path: string, now: Date): Promise<string | undefined> => {
  const aside = `${path}.${now.toISOString().replaceAll(':', '-')}`;
  return ifThere(rename(path, aside).then(() => aside));
};

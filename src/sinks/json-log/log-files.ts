import { join } from 'node:path';
import { type FileSystem, ifThere } from '../../adapters/files/file-system.js';
import { stamp } from './surroundings.js';

const ROTATED_NAME = /^consumer_log\.(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(?:-(\d{1,9}))?\.json$/;

type Rotated = Readonly<{ name: string; moment: string; count: number }>;

const parsed = (name: string): Rotated[] => {
  const match = ROTATED_NAME.exec(name);
  return match === null ? [] : [{ name, moment: match[1] ?? '', count: Number(match[2] ?? 1) }];
};

const inOrder = (names: Iterable<string>): Rotated[] =>
  [...names].flatMap(parsed).sort((a, b) => (a.moment === b.moment ? a.count - b.count : a.moment < b.moment ? -1 : 1));

/** The logs in an instance's directory that were rotated, the oldest first: closed, and never written to again. */
export const rotatedLogs = async (files: FileSystem, directory: string): Promise<readonly string[]> =>
  inOrder((await ifThere(files.readdir(directory))) ?? []).map(({ name }) => join(directory, name));

/** The name of the next rotated log: later than all that are there, also where the clock went back. */
export const nextRotatedName = (names: Iterable<string>, now: Date): string => {
  const last = inOrder(names).at(-1);
  const moment = stamp(now);
  if (last === undefined || last.moment < moment) return `consumer_log.${moment}.json`;
  return `consumer_log.${last.moment}-${last.count + 1}.json`;
};

import { join } from 'node:path';
import { type FileSystem, ifThere } from '../../adapters/files/file-system.js';
import { placeFile } from '../../adapters/files/place-file.js';
import type { ProcessIdentity } from '../../adapters/files/process-identity.js';
import { fenceLog, settledInode } from './fence.js';
import type { Surroundings } from './surroundings.js';

/**
 * A claim says which partitions a worker may log from now on. It stands beside its log before the worker reads the claims of the
 * others, so of two that want one partition at least one sees the other, and fences its log before it reads how far that got.
 * A claim is never changed: a new one gets a new name. So an heir that removes the claim it fenced cannot remove a later one.
 */
export type Claim = Readonly<{
  path: string;
  token: string;
  process: ProcessIdentity | undefined;
  partitions: ReadonlySet<string> | 'all';
}>;

const CLAIM_NAME = /^worker\.claim-([0-9a-z-]+)-(\d+)\.json$/;
export const TEMPORARY_NAME = /^worker\.tmp-/;

const GRACE_POLL_MS = 20;

const readClaim = async (files: FileSystem, path: string, token: string): Promise<Claim | undefined> => {
  const text = await ifThere(files.readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  try {
    const { process, partitions } = JSON.parse(text);
    return { path, token, process, partitions: new Set(partitions) };
  } catch {
    // Cut short when the machine went down: it may have claimed anything.
    return { path, token, process: undefined, partitions: 'all' };
  }
};

/** The claims beside a log, but for our own and those of processes that are gone, which are removed. */
export const rivalClaims = async (
  { files, processes }: Surroundings,
  directory: string,
  ownToken: string,
): Promise<readonly Claim[]> => {
  const rivals: Claim[] = [];
  for (const name of (await ifThere(files.readdir(directory))) ?? []) {
    const token = CLAIM_NAME.exec(name)?.[1];
    if (token === undefined || token === ownToken) continue;
    const claim = await readClaim(files, join(directory, name), token);
    if (claim === undefined) continue;
    if (claim.process !== undefined && processes.stateOf(claim.process) === 'gone') await ifThere(files.unlink(claim.path));
    else rivals.push(claim);
  }
  return rivals;
};

const contests = ({ partitions }: Claim, wanted: ReadonlySet<string> | 'all'): boolean =>
  partitions === 'all' || wanted === 'all' || [...partitions].some((partition) => wanted.has(partition));

/**
 * Afterwards nobody can add a record of these partitions to the log in this directory without having seen our claim.
 * Gives a rival that is just being told that it lost them some time to say so itself: that saves a copy of its log.
 * @returns whether somebody may be writing there
 */
export const endRivalry = async (
  s: Surroundings,
  directory: string,
  own: Readonly<{ token: string; wanted: ReadonlySet<string> | 'all' }>,
  graceMs: number,
): Promise<boolean> => {
  for (let waitedMs = 0; ; waitedMs += GRACE_POLL_MS) {
    const rivals = await rivalClaims(s, directory, own.token);
    const contested = rivals.filter((claim) => contests(claim, own.wanted));
    if (contested.length === 0) return rivals.length > 0;
    if (waitedMs < graceMs) {
      await s.pause(GRACE_POLL_MS);
      continue;
    }
    const seen = await settledInode(s, directory);
    if (seen !== undefined) await fenceLog(s, directory, seen);
    for (const { path } of contested) await ifThere(s.files.unlink(path));
    s.log.info(
      { directory, rivals: contested.map(({ process }) => process?.pid) },
      'took a log away from a worker that did not let go',
    );
    return rivals.length > contested.length;
  }
};

/** This worker's own claim. */
export const ownClaim = (s: Surroundings, directory: string, token: string) => {
  let count = 0;
  let standing: string | undefined;
  let partitions: ReadonlySet<string> = new Set();

  const withdraw = async (): Promise<void> => {
    const path = standing;
    standing = undefined;
    partitions = new Set();
    if (path !== undefined) await ifThere(s.files.unlink(path));
  };

  return {
    get partitions(): ReadonlySet<string> {
      return partitions;
    },
    /** The new claim stands before the old one goes: at no moment is less claimed than may be written. */
    async make(wanted: ReadonlySet<string>): Promise<void> {
      const name = `worker.claim-${token}-${++count}.json`;
      await placeFile(s, directory, name, `${JSON.stringify({ process: s.processes.self, partitions: [...wanted] })}\n`);
      await withdraw();
      standing = join(directory, name);
      partitions = wanted;
    },
    withdraw,
  };
};

export type OwnClaim = ReturnType<typeof ownClaim>;

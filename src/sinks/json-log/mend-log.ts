import { join } from 'node:path';
import {
  type FileSystem,
  ifThere,
  type OpenFile,
  syncDirectory,
  unless,
  withFile,
  writeWhole,
} from '../../adapters/files/file-system.js';
import { makeDirectory } from '../../adapters/files/open-to-all.js';
import type { Row } from '../../core/pipeline.js';
import type { Result } from '../../core/sink.js';
import { encodeBatch, lanesFor } from './encode-batch.js';
import { clear, inodeOf, newHolder } from './fence-steps.js';
import { logChanged } from './log-errors.js';
import type { Run } from './offset-runs.js';
import type { Gap, Mending } from './plan-repair.js';
import { topicPartitionOf } from './resume-points.js';
import { asideNames, indexPath, logPath, type Surroundings } from './surroundings.js';

const CHUNK_BYTES = 1 << 20;

/** Reads records again and makes results of them, in the order of their offsets. */
export type ReadAgain = (key: string, run: Run) => AsyncIterable<readonly Result<Row>[]>;

/** What became of a log: where the damaged bytes are, and how many lines stand in their place. */
export type Mended = Readonly<{ keptIn: string; lines: number }>;

const copyRange = async (from: OpenFile, start: number, end: number, to: OpenFile): Promise<void> => {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = start; at < end; ) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) throw new Error('the log ended early');
    await writeWhole(to, buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
};

const fill = async (to: OpenFile, { key, runs }: Gap, readAgain: ReadAgain, keyField: string): Promise<number> => {
  let lines = 0;
  const lanes = lanesFor([topicPartitionOf(key)], new Map());
  for (const run of runs)
    for await (const results of readAgain(key, run)) {
      if (results.length === 0) continue;
      const batch = encodeBatch(results, lanes, keyField);
      await writeWhole(to, batch.bytes);
      lines += batch.lines;
    }
  return lines;
};

const openAside = async (s: Surroundings, directory: string, of: string): Promise<Readonly<{ path: string; file: OpenFile }>> => {
  for (const path of asideNames(directory, 'broken-', s.now(), of)) {
    const file = await unless(['EEXIST'], s.files.open(path, 'wx'));
    if (file !== undefined) return { path, file };
  }
  throw new Error('unreachable');
};

/** A closed log has no writer; the log itself is exchanged as a fence does it, which takes it away from whoever still has it open. */
const exchange = async (s: Surroundings, directory: string, path: string, mended: string, seen: Seen): Promise<void> => {
  if (path !== logPath(directory)) {
    await s.files.rename(mended, path);
    return syncDirectory(s.files, directory);
  }
  const holder = newHolder(s, directory);
  await makeDirectory(holder, s.files);
  await s.files.rename(path, join(holder, 'old'));
  const found = await s.files.stat(join(holder, 'old'));
  if (found.ino !== seen.ino || found.size !== seen.size) {
    await s.files.rename(join(holder, 'old'), path);
    await clear(s.files, holder);
    throw logChanged(path);
  }
  await s.files.rename(mended, join(holder, 'new'));
  await s.files.unlink(join(holder, 'old'));
  await syncDirectory(s.files, holder);
  await s.files.rename(join(holder, 'new'), path);
  await syncDirectory(s.files, directory);
  await clear(s.files, holder);
};

type Seen = Readonly<{ ino: number; size: number }>;

const seenOf = async (files: FileSystem, path: string): Promise<Seen> => {
  const { ino, size } = await files.stat(path);
  return { ino, size };
};

/**
 * Writes a log anew without its damages and with what belongs in their place, and puts it in the place of the old one as a whole:
 * a kill at any moment leaves the old log or the new one. The damaged bytes are kept beside it, durably, before.
 * @throws BridgeError `transient` when somebody wrote to the log meanwhile: nothing is changed then
 */
export const mendLog = async (
  s: Surroundings,
  directory: string,
  path: string,
  mendings: readonly Mending[],
  parts: Readonly<{ readAgain: ReadAgain; keyField: string }>,
): Promise<Mended> => {
  const seen = await seenOf(s.files, path);
  const temporary = join(directory, `worker.tmp-${s.unique()}`);
  let lines = 0;
  const aside = await openAside(s, directory, path);
  try {
    await withFile(s.files, path, 'r', (old) =>
      withFile(s.files, temporary, 'wx', async (mended) => {
        await mended.chmod((await old.stat()).mode & 0o777);
        await aside.file.chmod((await old.stat()).mode & 0o777);
        let at = 0;
        for (const { broken, gaps } of mendings) {
          await copyRange(old, at, broken.at, mended);
          await copyRange(old, broken.at, broken.at + broken.bytes, aside.file);
          at = broken.at + broken.bytes;
          for (const gap of gaps) lines += await fill(mended, gap, parts.readAgain, parts.keyField);
        }
        await copyRange(old, at, seen.size, mended);
        await aside.file.sync();
        await mended.sync();
      }),
    );
    await syncDirectory(s.files, directory);
    // It speaks of the old log.
    if (path === logPath(directory)) await ifThere(s.files.unlink(indexPath(directory)));
    await exchange(s, directory, path, temporary, seen);
    return { keptIn: aside.path, lines };
  } catch (error) {
    await s.files.unlink(temporary).catch(() => {});
    if ((await inodeOf(s.files, path)) === seen.ino) await s.files.unlink(aside.path).catch(() => {});
    throw error;
  } finally {
    await aside.file.close();
  }
};

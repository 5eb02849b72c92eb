import { type OpenFile, unless, writeWhole } from '../../adapters/files/file-system.js';
import { fileModeIn } from '../../adapters/files/open-to-all.js';
import type { EncodedBatch } from './encode-batch.js';
import { openLog, setLogAside } from './fence.js';
import { inodeOf } from './fence-steps.js';
import { appended, type LogContent } from './log-content.js';
import { logChanged, logFenced, writeFailed } from './log-errors.js';
import { logIndex } from './log-index.js';
import { type LogState, moveAway, release, rotate, rotateIfDue } from './log-state.js';
import { readContent } from './read-content.js';
import { rotationDue } from './rotation.js';
import { cutTail } from './set-aside.js';
import { logPath, type Surroundings } from './surroundings.js';

/** The log that this worker writes to. Whatever fails: what was counted before stands, and nothing of the failed batch counts. */
export type OwnLog = Readonly<{
  /** Opens it, and reads what is in it, unless it is open and as we left it. @throws BridgeError `integrity` for a broken line */
  open(): Promise<LogContent>;
  /** Whether the path still leads to the file that is open. */
  isOurs(): Promise<boolean>;
  /**
   * Appends whole units, durably. After a failure that leaves it open what is logged it takes nothing more until `open` has found out.
   * @throws BridgeError `transient` when nothing of it counts
   */
  append(batch: EncodedBatch): Promise<void>;
  /** Rotates it if that is due, and never fails. Afterwards it is closed: it has to be claimed anew like any log. */
  rotateIfDue(): Promise<boolean>;
  /** Moves all of it to a name with the time. @throws BridgeError `transient` when it was taken over meanwhile */
  setAside(): Promise<string>;
  /** Closes it under a name with the time; undefined when there is nothing in it. @throws BridgeError `transient` */
  rotate(): Promise<string | undefined>;
  close(): Promise<void>;
}>;

/** Where all may write to the directory they may write to the log; one made by another user is as that user left it. */
const letAllWrite = async ({ files }: Surroundings, directory: string, file: OpenFile): Promise<void> => {
  const mode = await fileModeIn(directory, files);
  if (mode !== undefined && ((await file.stat()).mode & 0o777) !== mode) await unless(['EPERM'], file.chmod(mode));
};

const unchanged = async (directory: string, { files }: Surroundings, file: OpenFile, content: LogContent): Promise<boolean> => {
  const { ino, size } = await file.stat();
  return size === content.bytes && (await inodeOf(files, logPath(directory))) === ino;
};

/** A person may delete or empty a log: said once, as only the index and we remember it. */
const sayIfEmptied = async (
  s: Surroundings,
  directory: string,
  { content: before, index }: LogState,
  content: LogContent,
): Promise<void> => {
  if (content.bytes > 0 || (before?.bytes ?? (await index.bytes())) === 0) return;
  await index.remove();
  s.log.warn({ file: logPath(directory) }, "the log was deleted or emptied: going on from the group's committed offsets");
};

const open = async (s: Surroundings, directory: string, state: LogState): Promise<LogContent> => {
  if (state.file !== undefined && state.content !== undefined && (await unchanged(directory, s, state.file, state.content)))
    return state.content;
  await release(state);
  const file = await openLog(s, directory, 'a+');
  if (file === undefined) throw logFenced(logPath(directory));
  try {
    await letAllWrite(s, directory, file);
    const content = await readContent(s.files, file, directory, state.content);
    // Only now is it sure that no later life of this instance writes to the file that is open here.
    await state.confirm();
    await cutTail(s, directory, file, content.bytes);
    // What a killed worker left may not be on the disk yet; from here on it counts.
    await file.datasync();
    await sayIfEmptied(s, directory, state, content);
    state.content = content;
    state.file = file;
    await state.index.saveIfFar(content);
    return content;
  } catch (error) {
    state.file = undefined;
    await file.close();
    throw error;
  }
};

/** Leaves the log as it was before the batch; where even that fails, the next `open` reads what became of it. */
const takeBack = async (state: LogState, file: OpenFile, size: number): Promise<void> => {
  try {
    await file.truncate(size);
  } catch {
    await release(state);
  }
};

const append = async (s: Surroundings, directory: string, state: LogState, batch: EncodedBatch): Promise<void> => {
  const { file, content } = state;
  const path = logPath(directory);
  if (file === undefined || content === undefined) throw logFenced(path);
  const { size, ino } = await file.stat();
  if (size !== content.bytes) {
    await release(state);
    throw logChanged(path);
  }
  try {
    await writeWhole(file, batch.bytes);
    await file.datasync();
  } catch (error) {
    await takeBack(state, file, size);
    throw writeFailed(path, error);
  }
  const after = await file.stat();
  const fenced = (await inodeOf(s.files, path)) !== ino;
  if (fenced || after.size !== size + batch.bytes.length) {
    await release(state);
    throw fenced ? logFenced(path) : logChanged(path);
  }
  state.content = appended(
    content,
    batch,
    [...batch.lasts].map(([{ key }, last]) => [key, last] as const),
  );
  await state.index.saveIfFar(state.content);
};

/**
 * @param confirm fails when another has the lock; whoever takes the lock takes the log away from all that claimed it before
 * @param rotateBytes a log that has grown to this is rotated; undefined for never
 */
export const ownLog = (s: Surroundings, directory: string, confirm: () => Promise<void>, rotateBytes?: number): OwnLog => {
  const due = rotationDue(s, directory, rotateBytes);
  const state: LogState = { file: undefined, content: undefined, index: logIndex(s, directory), due, confirm };
  return {
    open: () => open(s, directory, state),
    isOurs: async () =>
      state.file !== undefined && (await inodeOf(s.files, logPath(directory))) === (await state.file.stat()).ino,
    append: (batch) => append(s, directory, state, batch),
    rotateIfDue: () => rotateIfDue(s, directory, state),
    setAside: () => moveAway(state, directory, ({ ino }) => setLogAside(s, directory, ino)),
    rotate: async () => ((await open(s, directory, state)).bytes === 0 ? undefined : rotate(s, directory, state)),
    async close() {
      if (state.file !== undefined && state.content !== undefined) await state.index.save(state.content);
      await release(state);
    },
  };
};

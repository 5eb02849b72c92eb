import type { OpenFile } from '../../adapters/files/file-system.js';
import type { LogContent } from './log-content.js';
import { logFenced } from './log-errors.js';
import type { LogIndex } from './log-index.js';
import { type RotationDue, rotateLog } from './rotation.js';
import { logPath, type Surroundings } from './surroundings.js';

/** A worker's own log as it knows it. Without a file it has to be opened again; the content is then what was known last. */
export type LogState = {
  file: OpenFile | undefined;
  content: LogContent | undefined;
  readonly index: LogIndex;
  readonly due: RotationDue;
  confirm(): Promise<void>;
};

export const release = async (state: LogState): Promise<void> => {
  const { file } = state;
  state.file = undefined;
  await file?.close();
};

/** Open until it is done: a file that is deleted while it is open leaves its inode to no other. */
export const moveAway = async (
  state: LogState,
  directory: string,
  move: (log: Readonly<{ ino: number; content: LogContent; index: LogIndex }>) => Promise<string | undefined>,
): Promise<string> => {
  const { file, content, index } = state;
  let path: string | undefined;
  try {
    if (file !== undefined && content !== undefined) path = await move({ ino: (await file.stat()).ino, content, index });
  } finally {
    await release(state);
  }
  if (path === undefined) throw logFenced(logPath(directory));
  await index.remove();
  state.content = undefined;
  return path;
};

/** Not opened again here: an heir that found no log had nothing to take away, so what is opened now has to be claimed first. */
export const rotate = async (s: Surroundings, directory: string, state: LogState): Promise<string> => {
  const path = await moveAway(state, directory, (log) => rotateLog(s, directory, log));
  state.due.done();
  return path;
};

/** What was appended counts, whatever becomes of this. */
export const rotateIfDue = async (s: Surroundings, directory: string, state: LogState): Promise<boolean> => {
  const { content } = state;
  if (content === undefined) return false;
  try {
    if (!(await state.due.now(content))) return false;
    await rotate(s, directory, state);
  } catch (error) {
    state.due.failed(content, error);
  }
  return true;
};

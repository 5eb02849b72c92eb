import { type FileSystem, ifThere, type OpenFile } from '../../adapters/files/file-system.js';
import { EMPTY_LOG, type LogContent, parseContent, vouchFor } from './log-content.js';
import { readTail, scanLog } from './scan-log.js';
import { indexPath, logPath } from './surroundings.js';

/** What the index beside a log says, if it speaks of this log. */
const indexed = async (files: FileSystem, file: OpenFile, directory: string, size: number): Promise<LogContent | undefined> => {
  const stored = parseContent((await ifThere(files.readFile(indexPath(directory), 'utf8'))) ?? '');
  if (stored === undefined || stored.content.bytes > size) return undefined;
  return vouchFor(stored, await readTail(file, stored.content.bytes));
};

/** What was known of a log, if the file still begins with it. */
const remembered = async (file: OpenFile, known: LogContent, size: number): Promise<LogContent | undefined> =>
  known.bytes <= size && (await readTail(file, known.bytes)).equals(known.tail) ? known : undefined;

/**
 * What is in a log: only what was added since it was last read, or since its index was written, is read.
 * @throws BridgeError `integrity` for a broken line
 */
export const readContent = async (
  files: FileSystem,
  file: OpenFile,
  directory: string,
  known?: LogContent,
): Promise<LogContent> => {
  const { size } = await file.stat();
  const begin =
    (known === undefined ? undefined : await remembered(file, known, size)) ??
    (await indexed(files, file, directory, size)) ??
    EMPTY_LOG;
  return scanLog(file, logPath(directory), begin);
};

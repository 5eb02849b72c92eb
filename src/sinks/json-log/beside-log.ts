import { type FileSystem, ifThere, withFile } from '../../adapters/files/file-system.js';
import { readCarried } from './carried.js';
import { type AuditedFile, type Finding, lastsOf } from './findings.js';
import { type LastLine, parseContent, type StoredContent, vouchFor } from './log-content.js';
import { readTail } from './scan-log.js';
import { indexPath, logPath } from './surroundings.js';

type Beside = Readonly<{
  instance: string;
  directory: string;
  index: StoredContent | undefined;
  /** The rotated logs, then the log. */
  of: readonly AuditedFile[];
}>;

export const readIndex = async (files: FileSystem, directory: string): Promise<StoredContent | undefined> =>
  parseContent((await ifThere(files.readFile(indexPath(directory), 'utf8'))) ?? '');

const sameLasts = (a: ReadonlyMap<string, LastLine>, b: ReadonlyMap<string, LastLine>): boolean =>
  a.size === b.size && [...a].every(([key, { offset, lines }]) => b.get(key)?.offset === offset && b.get(key)?.lines === lines);

/** What is wrong with the index: a worker believes one whose last bytes are those of the log. */
const indexFault = async (files: FileSystem, { directory, index, of }: Beside): Promise<string | undefined> => {
  const log = of.find(({ path }) => path === logPath(directory));
  if (index === undefined || index.content.bytes === 0) return undefined;
  const { bytes, lines, offsets } = index.content;
  const size = log?.bytes ?? 0;
  const vouched =
    log !== undefined &&
    bytes <= size &&
    (await withFile(files, log.path, 'r', async (file) => vouchFor(index, await readTail(file, bytes)))) !== undefined;
  if (!vouched)
    return `it speaks of a log of ${bytes} bytes and ${lines} lines, which this one (${size} bytes) is not: it was cut, edited or replaced`;
  const { atIndex } = log;
  if (atIndex !== undefined && atIndex.lines === lines && sameLasts(atIndex.lasts, offsets)) return undefined;
  return `it says that ${lines} lines stand in the first ${bytes} bytes, and there are ${atIndex?.lines ?? 'others'}: a worker that believes it skips records, or logs them twice`;
};

/** What is carried must reach as far as the rotated logs: an heir knows nothing else of them. */
const carriedFault = async (files: FileSystem, { directory, of }: Beside): Promise<string | undefined> => {
  const rotated = lastsOf(of.filter(({ path }) => path !== logPath(directory)));
  if (rotated.size === 0) return undefined;
  const carried = await readCarried(files, directory).catch(() => new Map<string, LastLine>());
  const behind = [...rotated].find(([key, { offset }]) => offset > (carried.get(key)?.offset ?? -1n));
  if (behind === undefined) return undefined;
  return `what is carried over of ${behind[0]} ends at offset ${carried.get(behind[0])?.offset ?? 'none'}, the rotated logs at ${behind[1].offset}`;
};

/** What is wrong with the files beside an instance's logs. */
export const besideFindings = async (files: FileSystem, beside: Beside): Promise<readonly Finding[]> => {
  const { instance, directory } = beside;
  const finding = { instance, line: 0, at: 0, bytes: 0 };
  const [index, carried] = [await indexFault(files, beside), await carriedFault(files, beside)];
  return [
    ...(index === undefined ? [] : [{ ...finding, file: indexPath(directory), kind: 'index' as const, detail: index }]),
    ...(carried === undefined ? [] : [{ ...finding, file: directory, kind: 'carried' as const, detail: carried }]),
  ];
};

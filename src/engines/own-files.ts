import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file as a whole: a kill leaves the old one or the new one. Only the owner may read it. */
export const writeOwnFile = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600, flush: true });
  renameSync(temporary, file);
};

/** What the file holds; where there is none, it is made with the given text and keeps it from then on. */
export const keptText = (file: string, make: () => string): string => {
  if (!existsSync(file)) writeOwnFile(file, make());
  return readFileSync(file, 'utf8');
};

/** Fills a new folder under another name and gives it its own only when it is complete; a folder that is there stays as it is. */
export const completeFolder = async (folder: string, fill: (temporary: string) => Promise<void>): Promise<void> => {
  if (existsSync(folder)) return;
  const temporary = `${folder}.new`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  await fill(temporary);
  renameSync(temporary, folder);
};

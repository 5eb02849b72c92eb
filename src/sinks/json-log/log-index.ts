import { atomicWrite } from '../../adapters/files/atomic-write.js';
import { ifThere } from '../../adapters/files/file-system.js';
import { messageOf } from '../../core/errors.js';
import { contentText, type LogContent, parseContent } from './log-content.js';
import { indexPath, type Surroundings } from './surroundings.js';

/** How far the index may lie behind: this much is read in a moment. */
const INDEX_EVERY_BYTES = 8 << 20;

/** What stands beside a log so that a start need not read all of it. Never needed: a log without it is read from its beginning. */
export const logIndex = (s: Surroundings, directory: string) => {
  const path = indexPath(directory);
  let savedBytes = 0;

  const save = async (content: LogContent): Promise<void> => {
    if (content.bytes === savedBytes) return;
    savedBytes = content.bytes;
    try {
      await atomicWrite(path, contentText(content), s.files);
    } catch (error) {
      s.log.debug({ reason: messageOf(error) }, 'the index of a log was not written');
    }
  };

  return {
    save,
    async saveIfFar(content: LogContent): Promise<void> {
      if (Math.abs(content.bytes - savedBytes) >= INDEX_EVERY_BYTES) await save(content);
    },
    /** How long the log was when the index was written. */
    async bytes(): Promise<number> {
      return parseContent((await ifThere(s.files.readFile(path, 'utf8'))) ?? '')?.content.bytes ?? 0;
    },
    async remove(): Promise<void> {
      savedBytes = 0;
      await ifThere(s.files.unlink(path));
    },
  };
};

export type LogIndex = ReturnType<typeof logIndex>;

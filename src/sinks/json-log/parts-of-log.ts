import type { OpenFile } from '../../adapters/files/file-system.js';
import { type LogLine, parseLine } from './log-line.js';
import { type FileLine, readLines } from './read-lines.js';

type Place = Readonly<{ line: number; at: number; bytes: number }>;

/** What one record became: one line or several. */
export type Unit = Place & Readonly<{ kind: 'unit'; key: string; offset: bigint; timestamp: number; lines: number }>;

/**
 * Bytes that are no whole unit: `foreign` where something follows, `torn` or `nul` at the end, where the worker cuts them off by itself.
 */
export type Damage = Place & Readonly<{ kind: 'foreign' | 'torn' | 'nul' }>;

type Open = Readonly<{ first: LogLine; last: LogLine; line: number; at: number; bytes: number; lines: number }>;

const continues = ({ key, offset, part, of }: LogLine, { last }: Open): boolean =>
  last.key === key && last.offset === offset && last.of === of && last.part + 1 === part;

/** The parts of a log in their order, each byte in exactly one; damages side by side are one. */
export async function* partsOfLog(file: OpenFile): AsyncGenerator<readonly (Unit | Damage)[]> {
  let open: Open | undefined;
  let damage: (Place & { foreign: boolean; nul: boolean }) | undefined;
  let number = 0;
  const spoilt = (place: Place, foreign: boolean, nul: boolean): void => {
    const from = damage ?? place;
    damage = {
      line: from.line,
      at: from.at,
      bytes: place.at + place.bytes - from.at,
      foreign: foreign || damage?.foreign === true,
      nul: nul || damage?.nul === true,
    };
  };
  const taken = ({ at, bytes, text, ended }: FileLine, parts: (Unit | Damage)[]): void => {
    number++;
    const parsed = ended && text !== undefined ? parseLine(text) : undefined;
    const line = parsed !== undefined && parsed.part <= parsed.of ? parsed : undefined;
    if (open !== undefined && (line === undefined || !continues(line, open))) {
      spoilt(open, ended, false);
      open = undefined;
    }
    if (line === undefined || (open === undefined && line.part !== 1)) {
      spoilt({ line: number, at, bytes }, ended, text?.includes('\0') === true);
      return;
    }
    open =
      open === undefined
        ? { first: line, last: line, line: number, at, bytes, lines: 1 }
        : { ...open, last: line, bytes: open.bytes + bytes, lines: open.lines + 1 };
    if (line.part < line.of) return;
    if (damage !== undefined) parts.push({ kind: 'foreign', line: damage.line, at: damage.at, bytes: damage.bytes });
    damage = undefined;
    const { key, offset, timestamp } = line;
    parts.push({
      kind: 'unit',
      key,
      offset: BigInt(offset),
      timestamp,
      lines: open.lines,
      line: open.line,
      at: open.at,
      bytes: open.bytes,
    });
    open = undefined;
  };
  for await (const lines of readLines(file)) {
    const parts: (Unit | Damage)[] = [];
    for (const line of lines) taken(line, parts);
    if (parts.length > 0) yield parts;
  }
  const found: Damage[] = [];
  if (damage !== undefined) {
    const { line, at, bytes, foreign, nul } = damage;
    found.push({ kind: foreign ? 'foreign' : nul ? 'nul' : 'torn', line, at, bytes });
  }
  if (open !== undefined) found.push({ kind: 'torn', line: open.line, at: open.at, bytes: open.bytes });
  if (found.length > 0) yield found;
}

import type { Origin } from '../../sinks/json-log/line-scanner.js';
import { eachLine, type Line, lineDetail } from './each-line.js';
import type { LogFile } from './evidence.js';
import type { Collector } from './findings.js';
import type { Fields, LinePrint } from './line-print.js';
import { lineUnits } from './line-units.js';
import type { Places } from './places.js';

export type CheckLogs = Readonly<{
  files: readonly LogFile[];
  topic: string;
  fields: Fields | null;
  print: LinePrint;
  places: Places;
  found: Collector;
  /** Whether this is the first pass: what concerns no record of a pass is counted in it. */
  first: boolean;
  onRead(bytes: number): void;
}>;

export type LogsSeen = Readonly<{
  /** Lines of records of this pass, below the cutoff. */
  lines: number;
  /** Of records that the topic does not hold any more. */
  removed: number;
  /** By partition, the offset below which all must be logged, whether or not it lies below the cutoff. */
  next: ReadonlyMap<number, number>;
}>;

/** Reads logs and notes which records are in them and what their lines say; finds what they have twice, or out of order. */
export const checkLogs = async (options: CheckLogs): Promise<LogsSeen> => {
  const { files, topic, fields, print, places, found, first, onRead } = options;
  const units = lineUnits(places);
  const next = new Map<number, number>();
  // A partition whose keys are read in several parts has the same lines each time: they are judged the first time.
  const judged = places.pass.part === 0;
  let lines = 0;
  let removed = 0;
  let highest = new Map<number, number>();
  let current: LogFile | undefined;

  const begin = (file: LogFile): void => {
    current = file;
    highest = new Map();
    units.part(-1);
  };

  const checkOrder = (line: Line, origin: Origin): void => {
    const { partition, offset } = origin;
    const before = highest.get(partition) ?? -1;
    if (offset >= before) highest.set(partition, offset);
    else if (judged)
      found.add('outOfOrder', partition, () => ({
        ...lineDetail(line, origin, fields),
        what: `it stands behind offset ${before}`,
      }));
  };

  const foreign = ({ file, number }: Line): void => {
    units.part(-1);
    if (!first) return;
    const what = 'not a line that rowbridge wrote';
    found.add('broken', -1, () => ({ in: 'log', instance: file.instance, line: number, what }));
  };

  const take = (line: Line, origin: Origin): void => {
    const { partition, offset, part, of } = origin;
    const isSure = line.at < line.file.bytes && part === of;
    if (isSure && offset >= (next.get(partition) ?? 0)) next.set(partition, offset + 1);
    const place = places.of(partition, offset);
    units.part(place);
    if (place < 0) {
      if (offset < (places.windowOf(partition)?.start ?? 0)) removed++;
      return;
    }
    lines++;
    checkOrder(line, origin);
    if (units.isTwice(place, print(line.bytes, line.from, line.to, origin), origin) && judged)
      found.add('duplicate', partition, () => lineDetail(line, origin, fields));
  };

  const onLine = (line: Line, origin: Origin | null): void => {
    if (line.file !== current) begin(line.file);
    if (origin === null) foreign(line);
    else if (origin.partition >= 0) take(line, origin);
  };

  await eachLine(files, topic, onLine, onRead);
  return { lines, removed, next };
};

/** Counts the lines of records that the topic never had. */
export const checkStrangers = async (
  files: readonly LogFile[],
  topic: string,
  ends: ReadonlyMap<number, bigint>,
  found: Collector,
): Promise<void> =>
  eachLine(files, topic, (line, origin) => {
    if (origin === null || origin.partition < 0 || origin.offset < Number(ends.get(origin.partition) ?? 0n)) return;
    const what = 'the topic has no such record';
    found.add('divergent', origin.partition, () => ({ ...lineDetail(line, origin, null), what }));
  });

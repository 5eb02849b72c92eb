import { printedTimestamp } from '../../core/timestamp.js';
import { lineScanner, newOrigin, type Origin } from '../../sinks/json-log/line-scanner.js';
import type { LogFile } from './evidence.js';
import type { Detail } from './findings.js';
import { type Fields, lineFields } from './line-print.js';

/** A line in hand: good until the next one. */
export type Line = Readonly<{
  bytes: Buffer<ArrayBufferLike>;
  from: number;
  to: number;
  number: number;
  /** Where it begins in its file. */
  at: number;
  file: LogFile;
}>;

const NEWLINE = 10;

/** Hands over every whole line of some logs, with where it came from: null for a line that rowbridge did not write. */
export const eachLine = async (
  files: readonly LogFile[],
  topic: string,
  onLine: (line: Line, origin: Origin | null) => void,
  onRead: (bytes: number) => void = () => {},
): Promise<void> => {
  const scan = lineScanner(topic);
  const origin = newOrigin();
  for (const file of files) {
    const line: { -readonly [Name in keyof Line]: Line[Name] } = {
      bytes: Buffer.alloc(0),
      from: 0,
      to: 0,
      number: 0,
      at: 0,
      file,
    };
    for await (const { bytes, from, to } of file.lines()) {
      line.bytes = bytes;
      for (line.from = from; line.from < to; line.from = line.to + 1) {
        line.to = bytes.indexOf(NEWLINE, line.from);
        line.number++;
        onLine(line, scan(bytes, line.from, line.to, origin) ? origin : null);
        line.at += line.to + 1 - line.from;
      }
      onRead(to - from);
    }
  }
};

/** What a line says of itself. @param fields null where it is of no interest which row it is of */
export const lineDetail = ({ bytes, from, to, number, file }: Line, origin: Origin, fields: Fields | null): Detail => {
  const { key, time } = fields === null ? {} : lineFields(bytes.toString('utf8', from, to), fields);
  return {
    in: 'log',
    key: key ?? null,
    timestamp: time === undefined ? null : printedTimestamp(time),
    partition: origin.partition,
    offset: String(origin.offset),
    instance: file.instance,
    line: number,
  };
};

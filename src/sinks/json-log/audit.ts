import { join } from 'node:path';
import { type FileSystem, ifThere, withFile } from '../../adapters/files/file-system.js';
import { besideFindings, readIndex } from './beside-log.js';
import type { AuditedFile, Finding } from './findings.js';
import type { LastLine } from './log-content.js';
import { rotatedLogs } from './log-files.js';
import { type OffsetRuns, offsetRuns } from './offset-runs.js';
import { logPlaces } from './open-to-read.js';
import { type Damage, partsOfLog, type Unit } from './parts-of-log.js';

/** A damage, with what is known of each partition before it and after it in the logs of its instance (key: `partitionKey`). */
export type Broken = Damage &
  Readonly<{ instance: string; file: string; before: ReadonlyMap<string, bigint>; after: Map<string, bigint> }>;

/** All offsets in all logs of all instances, by partition. */
export type Logged = Map<string, OffsetRuns<string>>;

export type Audit = Readonly<{
  findings: readonly Finding[];
  broken: readonly Broken[];
  logged: Logged;
  /** The files of each instance, the rotated ones first. */
  files: ReadonlyMap<string, readonly AuditedFile[]>;
}>;

/** More damages than this are not mended one by one. */
export const MOST_BROKEN = 10_000;

type Tally = {
  readonly findings: Finding[];
  readonly broken: Broken[];
  readonly logged: Logged;
  /** Of the instance that is read: the last offsets, and how many of its damages know what comes after them. */
  lasts: Map<string, bigint>;
  told: Map<string, number>;
  own: Broken[];
};

export const runsOf = (logged: Logged, key: string): OffsetRuns<string> => {
  const known = logged.get(key) ?? offsetRuns<string>();
  logged.set(key, known);
  return known;
};

const countUnit = (tally: Tally, instance: string, path: string, unit: Unit): void => {
  const { key, offset, line, at, bytes } = unit;
  const finding = { instance, file: path, line, at, bytes };
  const before = runsOf(tally.logged, key).add(offset, instance);
  if (before !== undefined)
    tally.findings.push({ ...finding, kind: 'twice', detail: `${key} offset ${offset} is in a log of ${before} already` });
  const last = tally.lasts.get(key);
  if (last !== undefined && offset < last)
    tally.findings.push({ ...finding, kind: 'out-of-order', detail: `${key} offset ${offset} after ${last}` });
  if (last === undefined || offset > last) tally.lasts.set(key, offset);
  for (let index = tally.told.get(key) ?? 0; index < tally.own.length; index++) tally.own[index]?.after.set(key, offset);
  tally.told.set(key, tally.own.length);
};

const DETAILS: Readonly<Record<Damage['kind'], string>> = {
  foreign: 'not a line that rowbridge wrote',
  torn: 'the last line is torn: the worker cuts it off when it starts, and its record comes again',
  nul: 'the tail is filled with NULs: the worker cuts it off when it starts, and its records come again',
};

const auditFile = async (
  files: FileSystem,
  instance: string,
  path: string,
  tally: Tally,
  indexBytes?: number,
): Promise<AuditedFile | undefined> => {
  const inFile = new Map<string, LastLine>();
  let lines = 0;
  let atIndex: AuditedFile['atIndex'];
  return ifThere(
    withFile(files, path, 'r', async (file) => {
      const { ino } = await file.stat();
      let bytes = 0;
      for await (const parts of partsOfLog(file)) {
        for (const part of parts) {
          bytes = part.at + part.bytes;
          if (part.kind === 'unit') {
            countUnit(tally, instance, path, part);
            lines += part.lines;
            const known = inFile.get(part.key)?.lines ?? 0;
            inFile.set(part.key, { offset: part.offset, timestamp: part.timestamp, lines: known + part.lines });
            if (bytes === indexBytes) atIndex = { lines, lasts: new Map(inFile) };
            continue;
          }
          tally.findings.push({
            instance,
            file: path,
            line: part.line,
            at: part.at,
            bytes: part.bytes,
            kind: part.kind,
            detail: DETAILS[part.kind],
          });
          if (tally.own.length < MOST_BROKEN)
            tally.own.push({ ...part, instance, file: path, before: new Map(tally.lasts), after: new Map() });
        }
      }
      return { path, bytes, ino, lines, lasts: inFile, ...(atIndex === undefined ? {} : { atIndex }) };
    }),
  );
};

/** The names of the instances that have a folder with a log. */
export const instancesIn = async (files: FileSystem, directory: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const name of ((await ifThere(files.readdir(directory))) ?? []).sort()) {
    const inside = await files.readdir(join(directory, name)).catch(() => []);
    // A log may be in the hands of a fence at this moment.
    if (inside.some((file) => file.startsWith('consumer_log.'))) found.push(name);
  }
  return found;
};

/** Reads every log of every instance from its beginning to its end, in bounded memory. Changes nothing. */
export const auditLogs = async (files: FileSystem, directory: string, instances: readonly string[]): Promise<Audit> => {
  const tally: Tally = { findings: [], broken: [], logged: new Map(), lasts: new Map(), told: new Map(), own: [] };
  const all = new Map<string, AuditedFile[]>();
  for (const instance of instances) {
    [tally.lasts, tally.told, tally.own] = [new Map(), new Map(), []];
    const own = join(directory, instance);
    const of: AuditedFile[] = [];
    const index = await readIndex(files, own);
    for (const path of await rotatedLogs(files, own)) of.push(...[(await auditFile(files, instance, path, tally)) ?? []].flat());
    for (const path of await logPlaces(files, own)) {
      const log = await auditFile(files, instance, path, tally, index?.content.bytes);
      if (log === undefined) continue;
      of.push(log);
      break;
    }
    tally.broken.push(...tally.own);
    tally.findings.push(...(await besideFindings(files, { instance, directory: own, index, of })));
    all.set(instance, of);
  }
  return { findings: tally.findings, broken: tally.broken, logged: tally.logged, files: all };
};

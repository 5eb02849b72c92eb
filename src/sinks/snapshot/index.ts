import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type DirectoryLock, lockDirectory } from '../../adapters/files/directory-lock.js';
import { nodeFiles } from '../../adapters/files/file-system.js';
import { makeDirectory } from '../../adapters/files/open-to-all.js';
import { systemProcesses } from '../../adapters/files/process-identity.js';
import type { Beginning } from '../../core/broker.js';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError, messageOf } from '../../core/errors.js';
import type { Row, SinkParts } from '../../core/pipeline.js';
import type { Result, Sink } from '../../core/sink.js';
import { partitionKey } from '../../core/topic.js';
import type { Meta } from '../../core/transform.js';
import { type Counted, readSnapshot, setSnapshotAside, writeSnapshot } from './snapshot-file.js';

/** Numbers that are made of every value of some topics. */
export type Numbers<T, S> = Readonly<{
  /** The file's name in `<directory>/<group>/`. */
  file: string;
  empty(): S;
  /** Counts one value; changes the numbers in place. */
  add(numbers: S, value: T, meta: Meta): void;
  /** As they stand in the file, for people and for `read`. */
  toJson(numbers: S): Readonly<Record<string, unknown>>;
  /** @throws Error when it is not what `toJson` gave */
  read(stored: Readonly<Record<string, unknown>>): S;
  /** Shows the numbers after so many values, and at the end. */
  show?: Readonly<{ every(parts: SinkParts): number; lines(numbers: S, parts: SinkParts): readonly string[] }>;
}>;

type State<S> = Readonly<{ numbers: S; counted: Map<string, Counted> }>;

const saveFailed = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SNAPSHOT_WRITE_FAILED',
    kind: 'transient',
    found: `Cannot write ${path}: ${messageOf(cause)}.`,
    fix: 'Make room on its disk; the worker goes on by itself, and counts nothing twice.',
    cause,
  });

/** Whether the records that were counted are still those in the topic. */
const isOfThisTopic = async ({ readRecordTimestamp }: SinkParts, counted: ReadonlyMap<string, Counted>): Promise<boolean> => {
  for (const [key, { offset, timestamp }] of counted) {
    const at = key.lastIndexOf('/');
    const found = await readRecordTimestamp(key.slice(0, at), Number(key.slice(at + 1)), offset);
    if (found.kind === 'beyond' || (found.kind === 'found' && found.timestamp !== timestamp)) return false;
  }
  return true;
};

/**
 * Keeps numbers in one file, each value counted exactly once, whoever is killed and when: the file holds the numbers and how far
 * they go, and is replaced as a whole. Without the file everything is counted again from the beginning of the topics.
 * One member of the group only: it holds a lock on the folder.
 */
export const snapshot =
  <T extends Row, S>(definition: Numbers<T, S>) =>
  (parts: SinkParts): Sink<Row> => {
    const directory = join(parts.directory, parts.group);
    const path = join(directory, definition.file);
    let lock: DirectoryLock | undefined;
    let state: State<S> | undefined;
    let sinceShown = 0;

    const load = async (): Promise<State<S> | undefined> => {
      state = await readSnapshot(path, definition.read);
      return state;
    };
    const save = async ({ numbers, counted }: State<S>): Promise<void> => {
      try {
        await writeSnapshot(path, { numbers: definition.toJson(numbers), counted });
      } catch (cause) {
        // What is in memory is not on the disk: it is read again from there.
        state = undefined;
        throw saveFailed(path, cause);
      }
    };
    /** Stands in the file at once: from now on the group's commits and the numbers belong together. */
    const begun = async (): Promise<State<S>> => {
      state = { numbers: definition.empty(), counted: new Map() };
      await save(state);
      return state;
    };
    const forget = async (why: string): Promise<void> => {
      const keptIn = await setSnapshotAside(path, new Date());
      if (keptIn !== undefined) parts.log.warn({ file: path, keptIn }, why);
      state = undefined;
    };
    const shownLines = (numbers: S): readonly string[] => definition.show?.lines(numbers, parts) ?? [];

    /** Counts the values that are not counted yet, and gives what is to be shown once they are saved. */
    const count = ({ numbers, counted }: State<S>, results: readonly Result<Row>[]): string[] => {
      const every = definition.show?.every(parts) ?? Number.POSITIVE_INFINITY;
      const shown: string[] = [];
      // A batch comes again where its commit failed; a record that gives several values has one offset for all.
      const before = new Map(counted);
      for (const { value, meta } of results) {
        const key = partitionKey(meta);
        if (meta.offset <= (before.get(key)?.offset ?? -1n)) continue;
        if (value !== null) definition.add(numbers, value as T, meta);
        counted.set(key, { offset: meta.offset, timestamp: meta.timestamp });
        sinceShown += 1;
        if (sinceShown < every) continue;
        sinceShown = 0;
        shown.push(...shownLines(numbers));
      }
      return shown;
    };

    return {
      async open() {
        await makeDirectory(directory);
        const pause = async (ms: number): Promise<void> => void (await delayOrAbort(ms, new AbortController().signal));
        const world = { files: nodeFiles, processes: systemProcesses(), log: parts.log, now: () => new Date(), pause };
        lock = await lockDirectory({ ...world, unique: randomUUID }, directory);
      },
      async begin(asked): Promise<Beginning | undefined> {
        if (asked !== undefined) await forget('the numbers begin anew');
        else if ((await load()) === undefined) return 'beginning';
        else if (await isOfThisTopic(parts, state?.counted ?? new Map())) return undefined;
        else await forget('the topic was made anew: the numbers begin anew');
        return asked ?? 'beginning';
      },
      async resume(assigned) {
        const { counted } = (await load()) ?? (await begun());
        return new Map(
          assigned.flatMap((at): [string, bigint][] => {
            const last = counted.get(partitionKey(at));
            return last === undefined ? [] : [[partitionKey(at), last.offset + 1n]];
          }),
        );
      },
      async write(results) {
        if (results.length === 0) return;
        await lock?.confirm();
        const now = state ?? (await load()) ?? (await begun());
        const shown = count(now, results);
        await save(now);
        await parts.output.lines(shown);
      },
      async close() {
        if (state !== undefined) await parts.output.lines(shownLines(state.numbers));
        await lock?.release();
      },
    };
  };

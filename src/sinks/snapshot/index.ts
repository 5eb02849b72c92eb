import { join } from 'node:path';
import { atomicWrite } from '../../adapters/files/atomic-write.js';
import type { Beginning } from '../../core/broker.js';
import type { Row, SinkParts } from '../../core/pipeline.js';
import type { Result, Sink } from '../../core/sink.js';
import { partitionKey } from '../../core/topic.js';
import type { Meta } from '../../core/transform.js';
import { folderHold } from './folder-hold.js';
import { gone, saveFailed, uncountable } from './snapshot-errors.js';
import { type Counted, readSnapshot, setSnapshotAside, snapshotText } from './snapshot-file.js';

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
    const hold = folderHold(directory, parts.log);
    let state: State<S> | undefined;
    /** Where the group begins with numbers that do not stand in the file yet. */
    let fresh: Beginning | undefined;
    let sinceShown = 0;

    const load = async (): Promise<State<S> | undefined> => {
      state = await readSnapshot(path, definition.read);
      return state;
    };
    const textOf = ({ numbers, counted }: State<S>): string => snapshotText({ numbers: definition.toJson(numbers), counted });
    const save = async (text: string): Promise<void> => {
      try {
        await atomicWrite(path, text);
      } catch (cause) {
        // What is in memory is not on the disk: it is read again from there.
        state = undefined;
        throw saveFailed(path, cause);
      }
    };
    /** Stands in the file at once: from now on the group's commits and the numbers belong together. */
    const begun = async (): Promise<State<S>> => {
      if (fresh === undefined) throw gone(path);
      state = { numbers: definition.empty(), counted: new Map() };
      await save(textOf(state));
      fresh = undefined;
      return state;
    };
    const forget = async (why: string): Promise<void> => {
      const keptIn = await setSnapshotAside(path, new Date());
      if (keptIn !== undefined) parts.log.warn({ file: path, keptIn }, why);
      state = undefined;
    };
    const shownLines = (numbers: S): readonly string[] => definition.show?.lines(numbers, parts) ?? [];

    /** Counts the values that are not counted yet, and gives what holds once they are saved: lines to show, and values since then. */
    const count = (
      { numbers, counted }: State<S>,
      results: readonly Result<Row>[],
    ): Readonly<{ lines: string[]; since: number }> => {
      const every = definition.show?.every(parts) ?? Number.POSITIVE_INFINITY;
      const lines: string[] = [];
      let since = sinceShown;
      // A batch comes again where its commit failed; a record that gives several values has one offset for all.
      const before = new Map(counted);
      for (const { value, meta } of results) {
        const key = partitionKey(meta);
        if (meta.offset <= (before.get(key)?.offset ?? -1n)) continue;
        if (value !== null) definition.add(numbers, value as T, meta);
        counted.set(key, { offset: meta.offset, timestamp: meta.timestamp });
        since += 1;
        if (since < every) continue;
        since = 0;
        lines.push(...shownLines(numbers));
      }
      return { lines, since };
    };

    return {
      open: hold.take,
      async begin(asked) {
        await hold.take();
        if (asked !== undefined) {
          await forget('the numbers begin anew');
          fresh = asked;
        } else if ((await load()) === undefined) {
          fresh ??= 'beginning';
        } else if (await isOfThisTopic(parts, state?.counted ?? new Map())) {
          fresh = undefined;
        } else {
          await forget('the topic was made anew: the numbers begin anew');
          fresh = 'beginning';
        }
        return fresh;
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
        await hold.confirm();
        const now = state ?? (await load()) ?? (await begun());
        let done: Readonly<{ lines: string[]; since: number; text: string }>;
        try {
          done = { ...count(now, results), text: textOf(now) };
        } catch (error) {
          // Some of them may have been counted: the numbers are read again.
          state = undefined;
          throw uncountable(path, error);
        }
        await save(done.text);
        sinceShown = done.since;
        await parts.output.lines(done.lines);
      },
      check(results) {
        const numbers = definition.empty();
        for (const { value, meta } of results) if (value !== null) definition.add(numbers, value as T, meta);
        textOf({ numbers, counted: new Map() });
      },
      async close() {
        const last = state;
        state = undefined;
        try {
          if (last !== undefined) await parts.output.lines(shownLines(last.numbers));
        } finally {
          await hold.release();
        }
      },
    };
  };

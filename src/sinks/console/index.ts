import { BridgeError, messageOf } from '../../core/errors.js';
import { harmless } from '../../core/harmless.js';
import type { Colour } from '../../core/output.js';
import type { Row, SinkParts } from '../../core/pipeline.js';
import type { Result, Sink } from '../../core/sink.js';
import type { Meta } from '../../core/transform.js';

/** Sums up what was shown since the start of the program. */
export type Summary<T> = Readonly<{ add(value: T, meta: Meta): void; line(): string }>;

/** How values are shown to a person. */
export type ConsoleView<T> = Readonly<{
  line(value: T, meta: Meta): string;
  colour?(value: T, meta: Meta): Colour;
  /** Makes a line that stays in sight; where lines cannot be overwritten it comes again at most once a second, and at the end. */
  summary?(): Summary<T>;
}>;

const SUMMARY_MS = 1_000;

const placeOf = ({ topic, partition, offset, timestamp }: Meta): string =>
  `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset},"timestamp":${timestamp}}`;

const unshowable = (cause: unknown): BridgeError =>
  new BridgeError({
    code: 'VALUE_UNSHOWABLE',
    kind: 'record',
    found: `A value cannot be shown: ${messageOf(cause)}.`,
    fix: 'Let the transform give it another form.',
    cause,
  });

/** One line for a machine: the value's own fields, then where it came from. */
const jsonLine = ({ value, key, meta }: Result<Row>): string => {
  const fields = JSON.stringify(value ?? { key, deleted: true }).slice(1, -1);
  return `{${fields === '' ? '' : `${fields},`}"_kafka":${placeOf(meta)}}`;
};

/** A summary that is shown when there is something new, in its own time. */
const shownSummary = <T>({ output }: SinkParts, { add, line }: Summary<T>) => {
  let shown = '';
  let shownAtMs = Number.NEGATIVE_INFINITY;
  return {
    add,
    async show(now: boolean): Promise<void> {
      const text = harmless(line());
      // The last one stands among the lines for good.
      if (output.canOverwrite) output.status(now ? '' : text);
      if (text === shown || (!now && (output.canOverwrite || performance.now() - shownAtMs < SUMMARY_MS))) return;
      shown = text;
      shownAtMs = performance.now();
      await output.lines([text]);
    },
  };
};

/**
 * Shows each value as it comes: one line each, control characters made harmless, or with `json` one JSON object a line.
 * A line that was shown and not committed before a kill is shown again.
 */
export const consoleLines =
  <T extends Row>(view: ConsoleView<T>) =>
  (parts: SinkParts): Sink<Row> => {
    const { output, json } = parts;
    const summary = json || view.summary === undefined ? undefined : shownSummary(parts, view.summary());
    const lineOf = (result: Result<Row>): string => {
      if (json) return harmless(jsonLine(result));
      const value = result.value as T | null;
      if (value === null) return harmless(`${result.meta.topic}: ${result.key ?? 'a record without a key'} deleted`);
      const line = harmless(view.line(value, result.meta));
      return view.colour === undefined ? line : output.paint(view.colour(value, result.meta), line);
    };
    const linesOf = (results: readonly Result<Row>[]): string[] => {
      try {
        return results.map(lineOf);
      } catch (error) {
        throw unshowable(error);
      }
    };
    return {
      async write(results) {
        await output.lines(linesOf(results));
        if (summary === undefined) return;
        for (const { value, meta } of results) if (value !== null) summary.add(value as T, meta);
        await summary.show(false);
      },
      check: (results) => void linesOf(results),
      close: async () => summary?.show(true),
    };
  };

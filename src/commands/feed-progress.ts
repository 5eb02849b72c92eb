import { countOf, type Generating } from '../app/generator-feed.js';
import { delayOrAbort } from '../core/delay.js';
import type { GeneratorFeed } from '../core/pipeline.js';

const BAR_WIDTH = 20;
const TERMINAL_MS = 200;
const LOG_MS = 5_000;

const bar = (done: number, of: number): string => {
  const filled = of === 0 ? BAR_WIDTH : Math.round((BAR_WIDTH * done) / of);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${done}/${of}`;
};

const lineOf = (feeds: readonly GeneratorFeed[], generating: Generating, acknowledged: ReadonlyMap<string, number>): string =>
  feeds
    .map((feed) => {
      const [done, of] = [acknowledged.get(feed.name) ?? 0, countOf(feed, generating)];
      return `${feed.name} ${of === undefined ? `${done} events` : bar(done, of)}`;
    })
    .join('  ');

/** Shows on stderr how far generators are, until the signal aborts: on a terminal one line that is overwritten. */
export const showFeedProgress = async (
  feeds: readonly GeneratorFeed[],
  generating: Generating,
  acknowledged: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> => {
  const { stderr } = process;
  const terminal = stderr.isTTY === true;
  while (await delayOrAbort(terminal ? TERMINAL_MS : LOG_MS, signal)) {
    const line = lineOf(feeds, generating, acknowledged);
    stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
  }
  if (terminal) stderr.write(`\r\u001b[K${lineOf(feeds, generating, acknowledged)}\n`);
};

/** What a person reads at the end: how many events of each feed are acknowledged. */
export const summaryLines = (feeds: readonly GeneratorFeed[], acknowledged: ReadonlyMap<string, number>): string[] =>
  feeds.map(({ name, topic }) => `${name}: ${acknowledged.get(name) ?? 0} events acknowledged in ${topic.name}`);

import { openClients } from '../app/clients.js';
import {
  checkRetryGroup,
  countLetters,
  deadLetters,
  deadLetterTopics,
  type LetterCount,
  retriedTo,
  retryLetters,
} from '../app/dead-letters.js';
import { killAt } from '../app/kill-at.js';
import { loadPipeline } from '../app/pipelines.js';
import { requireServers } from '../config.js';
import type { DeadLetter } from '../core/dead-letter.js';
import { harmless } from '../core/harmless.js';
import { keepTrying } from '../core/patience.js';
import { type CommandSpec, type Context, numberOption, type Options } from './command.js';
import { countLine, letterJson, letterLines } from './letter-text.js';
import { ONE_SHOT_MS } from './setup.js';

/** How long a retry waits for its turn: a retry that was killed holds it for some seconds more. */
const RETRY_MS = 60_000;

const opened = async ({ config, lifecycle, log }: Context, name: string, topic: string | undefined) => {
  const pipeline = await loadPipeline(name, config);
  const topics = deadLetterTopics(pipeline, topic);
  const servers = requireServers(config, ['KAFKA_BROKERS']);
  const { signal, onRelease } = lifecycle;
  const clients = await openClients({ config, servers, clientId: 'rowbridge-dlq', log, signal, onRelease });
  return { pipeline, topics, clients, signal };
};

const list: CommandSpec = {
  usage: 'list [pipeline] [topic]',
  summary: 'count dead letters by reason',
  options: [['--json', 'one JSON object instead of text']],
  examples: ['rowbridge dlq list', 'rowbridge dlq list products product_updates --json'],
  logLevel: 'warn',
  async run(context, [name = 'products', only], options) {
    const { print, log } = context;
    const { topics, clients, signal } = await opened(context, name, only);
    const found: Record<string, readonly LetterCount[]> = {};
    for (const { name: topic } of topics) {
      const counts = await keepTrying(() => countLetters(clients, topic), { log, signal, forMs: ONE_SHOT_MS });
      if (counts === undefined) return 130;
      found[topic] = counts;
    }
    if (options.json === true) print(JSON.stringify(found, null, 2));
    else
      for (const [topic, counts] of Object.entries(found)) {
        print(`${topic}: ${counts.reduce((sum, { count }) => sum + count, 0)} dead letters`);
        for (const count of counts) print(countLine(count));
      }
    return 0;
  },
};

const show: CommandSpec = {
  usage: 'show [pipeline] [topic]',
  summary: 'show dead letters: why, from where, and their original key and bytes',
  options: [
    ['--offset <n>', 'begin with this dead letter (default: the first that is there)'],
    ['--max <n>', 'at most so many of each topic (default 10)'],
    ['--json', 'one JSON object a line; bytes that are no text as base64'],
  ],
  examples: ['rowbridge dlq show', 'rowbridge dlq show products --max 1 --json'],
  logLevel: 'warn',
  async run(context, [name = 'products', only], options) {
    const { print, log } = context;
    const { topics, clients, signal } = await opened(context, name, only);
    const from = BigInt(numberOption(options, 'offset', { whole: true }) ?? 0);
    const most = numberOption(options, 'max', { whole: true }) ?? 10;
    for (const { name: topic } of topics) {
      const read = async (): Promise<readonly [DeadLetter[], bigint]> => {
        const found: DeadLetter[] = [];
        const to = await retriedTo(clients, topic);
        for await (const letters of deadLetters(clients.reader, topic, from)) {
          found.push(...letters.slice(0, most - found.length));
          if (found.length >= most) break;
        }
        return [found, to];
      };
      const answer = await keepTrying(read, { log, signal, forMs: ONE_SHOT_MS });
      if (answer === undefined) return 130;
      const [found, to] = answer;
      for (const letter of found)
        if (options.json === true) print(harmless(JSON.stringify(letterJson(letter, letter.offset < to))));
        else for (const line of letterLines(letter, letter.offset < to)) print(line);
    }
    return 0;
  },
};

const groupOption = ({ group }: Options): Readonly<{ group?: string }> => (typeof group === 'string' ? { group } : {});

const retry: CommandSpec = {
  usage: 'retry [pipeline] [topic]',
  summary:
    'send dead letters again, each exactly once, to the group that could not handle them; later than newer versions of their keys',
  options: [
    ['--max <n>', 'at most so many of each topic, the oldest first'],
    ['--group <name>', 'the group for letters that name none'],
    ['--json', 'one JSON object instead of text'],
  ],
  examples: ['rowbridge dlq retry', 'rowbridge dlq retry products --max 1'],
  logLevel: 'warn',
  async run(context, [name = 'products', only], options) {
    const { config, print, log } = context;
    const { pipeline, topics, clients, signal } = await opened(context, name, only);
    const max = numberOption(options, 'max', { whole: true });
    const group = groupOption(options);
    if (group.group !== undefined) checkRetryGroup(pipeline, topics, group.group);
    const done: Record<string, unknown> = {};
    for (const { name: topic } of topics) {
      // Only a retry that is under way is waited for so long, not a server that is away.
      const there = await keepTrying(() => retriedTo(clients, topic), { log, signal, forMs: ONE_SHOT_MS });
      if (there === undefined) return 130;
      const common = { clients, pipeline, topic, log, signal, forMs: RETRY_MS, onMarker: killAt(config) };
      const counts = await retryLetters({ ...common, ...group, ...(max === undefined ? {} : { max }) });
      if (counts === undefined) return 130;
      done[topic] = counts;
      if (options.json === true) continue;
      const { retried, already, withoutBytes } = counts;
      print(`${topic}: ${retried} sent again${already > 0 ? `, ${already} were sent again before` : ''}`);
      if (retried > 0) print('  They come after newer versions of their keys: whoever keeps the last one has to compare times.');
      if (withoutBytes > 0)
        print(
          `  ${withoutBytes} rows could not be published, and have no bytes: they travel again when they change, or with 'rowbridge replay'.`,
        );
    }
    if (options.json === true) print(JSON.stringify(done, null, 2));
    return 0;
  },
};

export const dlqCommands: readonly CommandSpec[] = [list, show, retry];

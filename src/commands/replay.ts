import { createInterface } from 'node:readline/promises';
import { openClients } from '../app/clients.js';
import { loadPipeline } from '../app/pipelines.js';
import { planReplay, requestReplay } from '../app/replay.js';
import { stateDirectory } from '../app/table-feed.js';
import { requireServers } from '../config.js';
import { BridgeError } from '../core/errors.js';
import { keepTrying } from '../core/patience.js';
import { tableFeeds } from '../core/pipeline.js';
import type { CommandSpec } from './command.js';
import { ONE_SHOT_MS } from './setup.js';

const notAsked = (): BridgeError =>
  new BridgeError({
    code: 'CONFIRMATION_MISSING',
    kind: 'configuration',
    found: 'There is no terminal to ask for a confirmation on.',
    fix: 'Add --yes to do it without asking, or --dry-run to only look.',
  });

const nothingToReplay = (name: string): BridgeError =>
  new BridgeError({
    code: 'REPLAY_WITHOUT_TABLE',
    kind: 'configuration',
    found: `The pipeline '${name}' captures no table: there are no rows to send again.`,
    fix: `Its records are in its topics: 'rowbridge consume ${name} --from beginning' reads them again.`,
  });

/** Asks on stderr, so that stdout stays for data. */
export const confirm = async (question: string, signal: AbortSignal): Promise<boolean> => {
  if (process.stdin.isTTY !== true) throw notAsked();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
};

export const replay: CommandSpec = {
  usage: 'replay <pipeline>',
  summary: 'let rows travel again, from the beginning or from a time',
  options: [
    ['--from <time>', "UTC time: rows with a cursor at or after it travel again; 'now' goes on from here"],
    ['--dry-run', 'only say how many rows would travel'],
    ['--yes', 'do not ask'],
  ],
  examples: ['rowbridge replay products --dry-run', "rowbridge replay products --from '2026-11-21 01:22:33' --yes"],
  logLevel: 'warn',
  async run({ config, lifecycle, log, print }, [name = ''], options) {
    const pipeline = await loadPipeline(name, config);
    const feeds = tableFeeds(pipeline);
    if (feeds.length === 0) throw nothingToReplay(name);
    const servers = requireServers(config, ['MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_DATABASE']);
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-replay', log, signal, onRelease });
    const from = typeof options.from === 'string' ? options.from : undefined;
    for (const feed of feeds) {
      const plan = await keepTrying(() => planReplay(clients, feed, from), { log, signal, forMs: ONE_SHOT_MS });
      if (plan === undefined) return 130;
      print(`${feed.source.table}: ${plan.rows} rows from ${plan.from ?? 'the beginning'} would travel again.`);
      if (options.dryRun === true) continue;
      if (options.yes !== true && !(await confirm('Replay them?', signal))) {
        print('Nothing was changed.');
        continue;
      }
      await requestReplay(stateDirectory(config, feed), plan);
      print(`${feed.source.table}: replay asked for; the producer takes it up with its next poll, or when it starts.`);
    }
    return 0;
  },
};

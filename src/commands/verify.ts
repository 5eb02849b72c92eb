import { resolve } from 'node:path';
import { openClients } from '../app/clients.js';
import { loadPipeline } from '../app/pipelines.js';
import { neededByFeeds, neededByWorkers } from '../app/servers-needed.js';
import { type TopicReport, type VerifyOptions, verifyPipeline } from '../app/verify/index.js';
import { checkJournal } from '../app/verify/journal.js';
import type { ProgressCounter } from '../app/verify/progress.js';
import { requireServers } from '../config.js';
import { keepTrying } from '../core/patience.js';
import { type CommandSpec, numberOption } from './command.js';
import { ONE_SHOT_MS } from './setup.js';
import { showProgress } from './verify-progress.js';
import { reportJson, reportLines } from './verify-report.js';

const WAIT_SECONDS = 30;
const MEMORY_MIB = 200;
const LEAST_MEMORY_MIB = 1;

/** Verifies and shows meanwhile how far it is. Undefined when the signal aborted. */
const shown = async (options: Omit<VerifyOptions, 'onWaiting' | 'onProgress'>): Promise<readonly TopicReport[] | undefined> => {
  const { log, signal } = options;
  const over = new AbortController();
  let current: { topic: string; counter: ProgressCounter } | undefined;
  const showing = showProgress(process.stderr, () => current, over.signal);
  const all: VerifyOptions = {
    ...options,
    onWaiting: () => {
      current = undefined;
    },
    onProgress: (topic, counter) => {
      current = { topic, counter };
    },
  };
  try {
    return await keepTrying(() => verifyPipeline(all), { log, signal, forMs: ONE_SHOT_MS });
  } finally {
    over.abort();
    await showing;
  }
};

export const verify: CommandSpec = {
  usage: 'verify [pipeline]',
  summary: 'compare table, topic and logs: is anything lost, twice, different or out of order?',
  options: [
    ['--deep', 'compare every field, through the transform of the pipeline'],
    ['--wait <seconds>', `how long running workers are given to catch up (default: ${WAIT_SECONDS})`],
    ['--memory <MiB>', `for what is compared at one time; with less it reads more often (default: ${MEMORY_MIB})`],
    [
      '--journal <file>',
      'every version ever committed, a line {"key":"7","timestamp":"2026-11-21 01:22:33.123456"} each: finds phantoms',
    ],
    ['--json', 'one JSON object instead of text'],
  ],
  examples: ['rowbridge verify', 'rowbridge verify products --deep', 'rowbridge verify --json --wait 60'],
  logLevel: 'warn',
  async run({ config, lifecycle, log, print }, [name = 'products'], options) {
    const pipeline = await loadPipeline(name, config);
    const deep = options.deep === true;
    const waitMs = 1000 * (numberOption(options, 'wait') ?? WAIT_SECONDS);
    const memoryMiB = Math.max(LEAST_MEMORY_MIB, numberOption(options, 'memory') ?? MEMORY_MIB);
    const journal = typeof options.journal === 'string' ? { journalFile: resolve(options.journal) } : {};
    if (journal.journalFile !== undefined) await checkJournal(journal.journalFile);
    const servers = requireServers(config, [...neededByFeeds(pipeline.feeds), ...neededByWorkers(pipeline.workers)]);
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-verify', log, signal, onRelease });
    const memoryBytes = memoryMiB * (1 << 20);
    const reports = await shown({ config, clients, pipeline, log, signal, onRelease, deep, waitMs, memoryBytes, ...journal });
    if (reports === undefined) return 130;
    if (options.json === true) print(reportJson(name, reports, deep));
    else for (const line of reports.flatMap((report) => reportLines(report, deep))) print(line);
    return reports.every(({ clean }) => clean) ? 0 : 1;
  },
};

import { join } from 'node:path';
import { nodeFiles } from '../adapters/files/file-system.js';
import { openClients } from '../app/clients.js';
import { checkLogs, loggingWorker, logInstances, repairWorkerLogs } from '../app/logs.js';
import { loadPipeline } from '../app/pipelines.js';
import { neededByWorkers } from '../app/servers-needed.js';
import { requireServers } from '../config.js';
import { keepTrying } from '../core/patience.js';
import {
  type Finding,
  goneOf,
  instancesIn,
  type RepairPlan,
  recordsOf,
  rotateInstance,
  surroundingsOf,
} from '../sinks/json-log/maintenance.js';
import { type CommandSpec, numberOption } from './command.js';
import { confirm } from './replay.js';
import { ONE_SHOT_MS } from './setup.js';

const MOST_SHOWN = 1_000;

const findingLine = ({ file, line, at, bytes, kind, detail }: Finding): string =>
  `${file}${line === 0 ? '' : ` line ${line}, byte ${at}, ${bytes} bytes`}: ${kind}: ${detail}`;

const check: CommandSpec = {
  usage: 'check [pipeline]',
  summary: 'read all consumer logs, and say what is torn, foreign, out of order or twice; changes nothing',
  options: [['--json', 'one JSON object instead of text']],
  examples: ['rowbridge logs check', 'rowbridge logs check products --json'],
  logLevel: 'warn',
  async run({ config, lifecycle, print }, [name], options) {
    const instances =
      name === undefined
        ? await instancesIn(nodeFiles, config.logsDirectory)
        : await logInstances(config, loggingWorker(name, await loadPipeline(name, config)));
    const { findings, files } = await checkLogs(config, instances, lifecycle.signal);
    const logs = [...files].map(([instance, all]) => ({
      instance,
      files: all.length,
      lines: all.reduce((sum, { lines }) => sum + lines, 0),
      findings: findings.filter((one) => one.instance === instance).length,
    }));
    const shown = findings.slice(0, MOST_SHOWN);
    if (options.json === true) print(JSON.stringify({ logs, findings: shown, more: findings.length - shown.length }, null, 2));
    else {
      for (const one of logs) print(`${one.instance}: ${one.lines} lines in ${one.files} files, ${one.findings} findings`);
      for (const one of shown) print(findingLine(one));
      if (findings.length > shown.length) print(`and ${findings.length - shown.length} more`);
    }
    return findings.length === 0 ? 0 : 1;
  },
};

const planLines = ({ instance, mendings, index }: RepairPlan): string[] => [
  ...mendings.flatMap((mending) => {
    const { file, line, bytes, kind } = mending.broken;
    const gone = goneOf(mending);
    return [
      `${file} line ${line}: ${bytes} bytes (${kind}) are taken out, and kept beside it`,
      ...mending.gaps.map(
        ({ key, runs }) => `  read again in their place: ${key} ${runs.map(({ from, to }) => `${from}..${to - 1n}`).join(', ')}`,
      ),
      ...(gone > 0n ? [`  LOST: ${gone} offsets are in no log, and no longer in the topic`] : []),
    ];
  }),
  ...(index ? [`${instance}: the index beside its log is removed; the log is read from its beginning`] : []),
];

const repair: CommandSpec = {
  usage: 'repair [pipeline]',
  summary: 'mend the consumer logs of stopped workers: damaged bytes are kept aside, their records read again from the topic',
  options: [
    ['--dry-run', 'only say what would be done'],
    ['--yes', 'do not ask'],
    ['--json', 'one JSON object instead of text; needs --yes or --dry-run'],
  ],
  examples: ['rowbridge logs repair --dry-run', 'rowbridge logs repair products --yes'],
  logLevel: 'warn',
  async run({ config, lifecycle, log, print }, [name = 'products'], options) {
    const worker = loggingWorker(name, await loadPipeline(name, config));
    const servers = requireServers(config, neededByWorkers([worker]));
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-logs', log, signal, onRelease });
    const say = (line: string): void => {
      if (options.json !== true) print(line);
    };
    const mended: object[] = [];
    const agreed = async (plan: RepairPlan): Promise<boolean> => {
      for (const line of planLines(plan)) say(line);
      if (options.dryRun === true) return false;
      return options.yes === true || confirm(`Mend the logs of ${plan.instance}?`, signal);
    };
    const onMended = (instance: string, path: string, { keptIn, lines }: Readonly<{ keptIn: string; lines: number }>): void => {
      mended.push({ instance, file: path, keptIn, lines });
      say(`${path}: mended; ${lines} lines were read again; what was taken out is in ${keptIn}`);
    };
    const run = () => repairWorkerLogs({ config, clients, worker, log, signal, agreed, onMended });
    const plans = await keepTrying(run, { log, signal, forMs: ONE_SHOT_MS });
    if (plans === undefined) return 130;
    const lost = plans.flatMap(({ mendings }) => mendings).reduce((sum, mending) => sum + goneOf(mending), 0n);
    const again = plans.flatMap(({ mendings }) => mendings).reduce((sum, mending) => sum + recordsOf(mending), 0n);
    const damages = plans.reduce((sum, { mendings }) => sum + mendings.length, 0);
    if (options.json === true)
      print(JSON.stringify({ damages, recordsReadAgain: Number(again), lost: Number(lost), mended }, null, 2));
    else if (plans.length === 0) print('All logs are whole: nothing to mend.');
    return lost > 0n ? 1 : 0;
  },
};

const rotate: CommandSpec = {
  usage: 'rotate [pipeline]',
  summary: 'close consumer logs under a name with the time, and begin new ones; running workers do it with their next write',
  options: [
    ['--larger-than <bytes>', 'only logs of at least this size'],
    ['--older-than <hours>', 'only logs whose first record is so old'],
    ['--json', 'one JSON object instead of text'],
  ],
  examples: ['rowbridge logs rotate', 'rowbridge logs rotate products --larger-than 1000000000'],
  logLevel: 'warn',
  async run({ config, lifecycle, log, print }, [name = 'products'], options) {
    const worker = loggingWorker(name, await loadPipeline(name, config));
    const bytes = numberOption(options, 'larger-than', { whole: true }) ?? 1;
    const olderThanMs = (numberOption(options, 'older-than') ?? 0) * 3_600_000;
    const s = surroundingsOf({ log, signal: lifecycle.signal });
    const done: Record<string, unknown> = {};
    for (const instance of await logInstances(config, worker)) {
      const outcome = await rotateInstance(s, join(config.logsDirectory, instance), { bytes, olderThanMs });
      done[instance] = outcome;
      if (options.json === true) continue;
      if (outcome.kind === 'rotated') print(`${instance}: rotated, ${outcome.file}`);
      else if (outcome.kind === 'asked') print(`${instance}: its worker runs, and rotates with its next write`);
      else print(`${instance}: left as it is${outcome.kind === 'left' ? `: ${outcome.why}` : ', it is empty'}`);
    }
    if (options.json === true) print(JSON.stringify(done, null, 2));
    return 0;
  },
};

export const logsCommands: readonly CommandSpec[] = [check, repair, rotate];

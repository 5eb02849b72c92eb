import { openClients } from '../app/clients.js';
import { diagnose, type Finding } from '../app/doctor/index.js';
import { loadPipeline } from '../app/pipelines.js';
import { neededByFeeds, neededByWorkers } from '../app/servers-needed.js';
import { requireServers } from '../config.js';
import type { Colour, Output } from '../core/output.js';
import type { CommandSpec } from './command.js';

const COLOURS: Readonly<Record<Finding['level'], Colour>> = { ok: 'green', warning: 'yellow', error: 'red' };

const linesOf = ({ check, level, found, means, fix }: Finding, { paint }: Output): string[] => [
  `${paint(COLOURS[level], level.padEnd(7))}  ${check}: ${found}`,
  ...(means === undefined ? [] : [`         means  ${means}`]),
  ...(fix === undefined ? [] : [`         mend   ${fix}`]),
];

export const doctor: CommandSpec = {
  usage: 'doctor [pipeline]',
  summary: 'look at everything a pipeline needs; say what is wrong, what it means, and what mends it',
  options: [['--json', 'one JSON list instead of text']],
  examples: ['rowbridge doctor', 'rowbridge doctor products --json'],
  logLevel: 'silent',
  async run({ config, lifecycle, log, print, output }, [name = 'products'], options) {
    const pipeline = await loadPipeline(name, config);
    const servers = requireServers(config, [...neededByFeeds(pipeline.feeds), ...neededByWorkers(pipeline.workers)]);
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-doctor', log, signal, onRelease });
    const findings: Finding[] = [];
    for await (const finding of diagnose({ config, clients, pipeline, log, signal })) {
      if (signal.aborted) return 130;
      findings.push(finding);
      if (options.json !== true) await output.lines(linesOf(finding, output));
    }
    const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
    if (options.json === true) print(JSON.stringify(findings, null, 2));
    else print(`${count('ok')} ok, ${count('warning')} warnings, ${count('error')} errors`);
    return count('error') > 0 ? 1 : 0;
  },
};

import { embeddedEnvironment, exportLines } from '../app/embedded.js';
import type { ServerEnvironment } from '../config.js';
import { BridgeError } from '../core/errors.js';
import { runningEngines, startEngines } from '../engines/index.js';
import { onParentDeath } from '../parent.js';
import type { CommandSpec, Context, Options } from './command.js';
import { progressText } from './progress-text.js';

const show = ({ print }: Context, environment: Partial<ServerEnvironment>, options: Options): void => {
  if (options.json === true) print(JSON.stringify(environment));
  else for (const line of exportLines(environment)) print(line);
};

const notRunning = (home: string): BridgeError =>
  new BridgeError({
    code: 'ENGINES_NOT_RUNNING',
    kind: 'environment',
    found: `No embedded servers run over ${home}.`,
    fix: "Start them with 'rowbridge engines up' or 'rowbridge up' in this directory.",
  });

const enginesUp: CommandSpec = {
  usage: 'up',
  summary: 'start only the servers, in the foreground, and print the settings for other commands',
  options: [['--json', 'one JSON object instead of export lines']],
  examples: ['rowbridge engines up', 'eval "$(rowbridge engines env)"   # in another terminal'],
  logLevel: 'warn',
  async run(context, _args, options) {
    const { config, lifecycle, log } = context;
    const { signal, stop } = lifecycle;
    const engines = await startEngines({
      home: config.enginesHome,
      env: config.environment,
      log,
      signal,
      onProgress: progressText(process.stderr),
    });
    const unwatch = onParentDeath(stop, config.underNpm);
    try {
      show(context, embeddedEnvironment(engines), options);
      process.stderr.write('the servers run; stop them with Ctrl-C\n');
      await engines.untilStopped(signal);
    } finally {
      unwatch();
      await engines.stop();
    }
    return 0;
  },
};

const enginesEnv: CommandSpec = {
  usage: 'env',
  summary: 'print the settings of the servers that run',
  options: [['--json', 'one JSON object instead of export lines']],
  examples: ['eval "$(rowbridge engines env)"'],
  logLevel: 'warn',
  async run(context, _args, options) {
    const running = await runningEngines(context.config.enginesHome);
    if (running === null) throw notRunning(context.config.enginesHome);
    show(context, embeddedEnvironment(running), options);
    return 0;
  },
};

export const enginesCommands: readonly CommandSpec[] = [enginesUp, enginesEnv];

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { pathUnusable } from './adapters/files/path-unusable.js';
import type { CommandSpec, Context, Options } from './commands/command.js';
import { consume } from './commands/consume.js';
import { dlqCommands } from './commands/dlq.js';
import { doctor } from './commands/doctor.js';
import { enginesCommands } from './commands/engines.js';
import { list } from './commands/list.js';
import { logsCommands } from './commands/logs.js';
import { produce } from './commands/produce.js';
import { replay } from './commands/replay.js';
import { schemaCommands } from './commands/schema.js';
import { setup } from './commands/setup.js';
import { status } from './commands/status.js';
import { up } from './commands/up.js';
import { update } from './commands/update.js';
import { verify } from './commands/verify.js';
import { readConfig } from './config.js';
import { BridgeError } from './core/errors.js';
import { lifecycle } from './lifecycle.js';
import { rootLog } from './log.js';
import { outputTo } from './output.js';
import { packageRoot } from './package-root.js';
import { OUTPUT_CLOSED, streamOfStdout, watched } from './stdout.js';

const COMMANDS: readonly CommandSpec[] = [up, setup, update, produce, consume, list, replay, status, doctor, verify];

const USAGE_ERROR = 2;
const INTERRUPTED = 130;

const version = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** Runs one command, from its configuration to the release of all it opened. */
const execute = async (
  spec: CommandSpec,
  args: readonly string[],
  options: Options,
  exit: (code: number) => void,
): Promise<number> => {
  const config = readConfig();
  const life = lifecycle(exit);
  const stdout = watched(streamOfStdout(), life.stop);
  const log = rootLog(config.logLevel ?? spec.logLevel ?? 'info', process.stderr.isTTY === true);
  const context: Context = {
    config,
    lifecycle: life,
    log,
    print: (line) => void stdout.stream.write(`${line}\n`),
    output: outputTo(stdout.stream),
    exit,
  };
  try {
    const code = await spec.run(context, args, options).catch(async (error: unknown) => {
      // What fails because it was told to stop, or because nobody takes its words, has not failed by itself.
      const byItself = error instanceof BridgeError && ['configuration', 'integrity'].includes(error.kind);
      if (byItself) throw error;
      if ((await stdout.failure()) !== undefined) return 0;
      if (!life.signal.aborted) throw pathUnusable(error);
      return INTERRUPTED;
    });
    const failure = await stdout.failure();
    if (failure !== undefined && failure.code !== OUTPUT_CLOSED) throw failure;
    return code;
  } finally {
    await life.release();
  }
};

const addCommand = (
  parent: Command,
  spec: CommandSpec,
  done: (code: Promise<number>) => Promise<number>,
  exit: (code: number) => void,
): void => {
  const command = parent.command(spec.usage).description(spec.summary);
  for (const [flags, description] of spec.options) command.option(flags, description);
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  $ ${example}`).join('\n')}\n`);
  const names = command.registeredArguments.length;
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, names).filter((arg): arg is string => typeof arg === 'string');
    await done(execute(spec, args, given[names] as Options, exit));
  });
};

/**
 * Parses the command line and runs the command it names.
 * @param exit ends the process at once (second signal)
 * @returns the exit code; errors of the command itself are thrown
 */
export const runCli = async (argv: readonly string[], exit: (code: number) => void): Promise<number> => {
  let code: Promise<number> = Promise.resolve(0);
  const done = (result: Promise<number>): Promise<number> => {
    code = result;
    return result;
  };
  const program = new Command('rowbridge')
    .description('A change-capture bridge from MySQL to Kafka: nothing lost, exact types.')
    .version(version())
    .exitOverride()
    .showHelpAfterError("(add --help for the command's options and examples)");
  for (const spec of COMMANDS) addCommand(program, spec, done, exit);
  const engines = program.command('engines').description('the embedded servers: Kafka, schema registry and MySQL without Docker');
  for (const spec of enginesCommands) addCommand(engines, spec, done, exit);
  const schema = program
    .command('schema')
    .description('the Avro schemas of tables: what they are, whether they fit, and their files');
  for (const spec of schemaCommands) addCommand(schema, spec, done, exit);
  const logs = program.command('logs').description('consumer logs: check, repair and rotate them');
  for (const spec of logsCommands) addCommand(logs, spec, done, exit);
  const dlq = program.command('dlq').description('dead letters: list, show and retry what could not be handled');
  for (const spec of dlqCommands) addCommand(dlq, spec, done, exit);
  program.addHelpText(
    'after',
    '\nExamples:\n  $ rowbridge up\n  $ rowbridge status --json\n  $ rowbridge consume products --instance consumer_1\n',
  );
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    throw error;
  }
  return code;
};

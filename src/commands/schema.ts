import { registryClient } from '../adapters/avro/registry.js';
import { openClients } from '../app/clients.js';
import { loadPipeline } from '../app/pipelines.js';
import { pullSchema, reportSchema, type SchemaReport } from '../app/table-schemas.js';
import { requireServers } from '../config.js';
import { BridgeError } from '../core/errors.js';
import { keepTrying } from '../core/patience.js';
import { tableFeeds } from '../core/pipeline.js';
import type { CommandSpec, Context, Options } from './command.js';
import { ONE_SHOT_MS } from './setup.js';

const MYSQL_VARIABLES = ['MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_DATABASE'] as const;

const noTable = (name: string): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_WITHOUT_TABLE',
    kind: 'configuration',
    found: `The pipeline '${name}' captures no table: there is none to take a schema from.`,
    fix: "'rowbridge list' shows what the pipelines are made of.",
  });

/** The reports of a pipeline's tables; undefined when the signal aborted first. */
const reportsOf = async (
  { config, lifecycle, log }: Context,
  name: string,
  registryNeeded: boolean,
): Promise<readonly SchemaReport[] | undefined> => {
  const feeds = tableFeeds(await loadPipeline(name, config));
  if (feeds.length === 0) throw noTable(name);
  const servers = requireServers(config, registryNeeded ? [...MYSQL_VARIABLES, 'SCHEMA_REGISTRY_URL'] : MYSQL_VARIABLES);
  const { signal, onRelease } = lifecycle;
  const clients = await openClients({ config, servers, clientId: 'rowbridge-schema', log, signal, onRelease });
  const url = config.servers.SCHEMA_REGISTRY_URL;
  const registry = url === undefined ? undefined : registryClient({ url });
  const look = async () => {
    const reports: SchemaReport[] = [];
    for (const feed of feeds) reports.push(await reportSchema(clients, feed, registry));
    return reports;
  };
  return keepTrying(look, { log, signal, forMs: ONE_SHOT_MS });
};

const printJson = ({ print }: Context, value: unknown): void => print(JSON.stringify(value, null, 2));

const INTERRUPTED = 130;
const INCOMPATIBLE = 2;
const JSON_OPTION = ['--json', 'one JSON document instead of text'] as const;

const show: CommandSpec = {
  usage: 'show [pipeline]',
  summary: 'the Avro schema that each table gives now',
  options: [JSON_OPTION],
  examples: ['rowbridge schema show', 'rowbridge schema show products --json'],
  logLevel: 'warn',
  async run(context, [name = 'products'], options) {
    const reports = await reportsOf(context, name, false);
    if (reports === undefined) return INTERRUPTED;
    const shown = reports.map(({ feed, table, subject, schema }) => ({ feed, table, subject, schema }));
    if (options.json === true) printJson(context, shown);
    else for (const { schema } of shown) printJson(context, schema);
    return 0;
  },
};

const checkLines = ({ table, subject, file, notInFile, registered, differences }: SchemaReport): readonly string[] => [
  `${table} -> ${subject}`,
  ...(file === null ? ['  file      none: the schema follows the table'] : []),
  ...(file !== null && differences.table.length === 0 ? ['  file      fits the table'] : []),
  ...differences.table.map((found) => `  file      ${found}`),
  ...(notInFile.length === 0 ? [] : [`  file      does not name ${notInFile.join(', ')}`]),
  ...(registered === null ? ['  registry  no version yet'] : []),
  ...(registered !== null && differences.registry.length === 0
    ? [`  registry  fits version ${registered.version} (id ${registered.id})`]
    : []),
  ...differences.registry.map((found) => `  registry  ${found}`),
];

const check: CommandSpec = {
  usage: 'check [pipeline]',
  summary: 'whether schema file, table and registry fit, with every difference; exit 2 when they do not',
  options: [JSON_OPTION],
  examples: ['rowbridge schema check', 'rowbridge schema check products --json'],
  logLevel: 'warn',
  async run(context, [name = 'products'], options) {
    const reports = await reportsOf(context, name, true);
    if (reports === undefined) return INTERRUPTED;
    const found = reports.map((report) => {
      const { feed, table, subject, path, notInFile, registered, differences } = report;
      const fits = differences.table.length === 0 && differences.registry.length === 0;
      return { feed, table, subject, file: report.file === null ? null : path, fits, notInFile, registered, differences };
    });
    if (options.json === true) printJson(context, found);
    else for (const line of reports.flatMap(checkLines)) context.print(line);
    return found.every(({ fits }) => fits) ? 0 : INCOMPATIBLE;
  },
};

const pullLine = (path: string, written: boolean): string => (written ? `wrote ${path}` : `${path} holds it already`);

const pull: CommandSpec = {
  usage: 'pull [pipeline]',
  summary: 'write the schema that each table gives into schemas/<subject>.avsc',
  options: [['--yes', 'write over a file that holds another schema'], JSON_OPTION],
  examples: ['rowbridge schema pull', 'rowbridge schema pull products --yes'],
  logLevel: 'warn',
  async run(context: Context, [name = 'products']: readonly string[], options: Options) {
    const reports = await reportsOf(context, name, false);
    if (reports === undefined) return INTERRUPTED;
    const pulled = [];
    for (const report of reports) {
      const done = await pullSchema(report, options.yes === true);
      pulled.push({ subject: report.subject, ...done });
      if (options.json === true) continue;
      for (const difference of done.differences) context.print(difference);
      context.print(pullLine(done.path, done.written));
    }
    if (options.json === true) printJson(context, pulled);
    return 0;
  },
};

export const schemaCommands: readonly CommandSpec[] = [show, check, pull];

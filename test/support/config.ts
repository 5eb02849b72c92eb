import type { Config } from '../../src/config.js';

/** A configuration with nothing set but what is given. */
export const configWith = (given: Readonly<NodeJS.ProcessEnv> = {}, changes: Partial<Config> = {}): Config => ({
  stateDirectory: '/nowhere/state',
  logsDirectory: '/nowhere/consumer_logs',
  logRotateBytes: undefined,
  dataDirectory: '/nowhere/data',
  generatorSeed: undefined,
  enginesHome: '/nowhere/.rowbridge',
  logLevel: undefined,
  pollMs: 200,
  pageRows: 5_000,
  delayMs: 5_000,
  kafkaSsl: false,
  kafkaSasl: undefined,
  kafkaReplication: { factor: undefined, minInSync: undefined },
  mysqlSslCa: undefined,
  killAt: undefined,
  morePipelines: undefined,
  servers: {},
  given,
  environment: {},
  underNpm: false,
  ...changes,
});

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import type { IncomingRecord } from '../../src/core/broker.js';
import { endPrograms, eventually, type Program, type ProgramOptions, rowbridge } from './program.js';
import { testServers, uniqueName } from './servers.js';
import { silentLog } from './silent-log.js';

export type Sent = Readonly<{ partition: number; offset: number; timestamp: number; key: string | null; value: string }>;

/** The built program on the Kafka of the test run, with a directory and topics of its own. */
export type PipelineWorld = Readonly<{
  directory: string;
  logs: string;
  /** The name of a feed's topic here. */
  topic(feed: string): string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>, to?: ProgramOptions['to']): Program;
  call(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Readonly<{ code: number | string; stdout: string; stderr: string }>>;
  /** All records of a feed's topic, partition by partition; its dead letters with `.dead-letter`. */
  sent(feed: string, suffix?: '.dead-letter'): Promise<Sent[]>;
  headers(feed: string): Promise<readonly Readonly<Record<string, string>>[]>;
  publish(feed: string, partition: number, values: readonly (string | Buffer)[]): Promise<void>;
  json(...path: string[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}>;

const variableOf = (feed: string): string => `${feed.toUpperCase().replaceAll('-', '_')}_TOPIC`;

/** Only Kafka is given: pipelines of JSON need nothing else. */
export const pipelineWorld = async (pipeline: string, feeds: readonly string[]): Promise<PipelineWorld> => {
  if (!existsSync(join(__dirname, '..', '..', 'dist', 'main.js'))) throw new Error("dist/ is missing: run 'npm run build' first");
  const { kafka } = await testServers();
  const directory = await mkdtemp(join(tmpdir(), `rowbridge-${pipeline}-`));
  const topics = new Map(feeds.map((feed) => [feed, uniqueName(feed)]));
  const topic = (feed: string): string => topics.get(feed) as string;
  const base = {
    KAFKA_BROKERS: kafka.brokers.join(','),
    ...Object.fromEntries(feeds.map((feed) => [variableOf(feed), topic(feed)])),
  };
  const client = kafkaClient({ brokers: kafka.brokers, clientId: 'test', log: silentLog });
  const [reader, publisher] = [kafkaReader(client), kafkaPublisher(client)];
  const run: PipelineWorld['run'] = (args, env = {}, to = {}) =>
    rowbridge(args, { env: { ...base, ...env }, cwd: directory, to });
  const call: PipelineWorld['call'] = async (args, env) => {
    const program = run(args, env);
    const code = await program.ended(90_000);
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  };
  const records = async (name: string): Promise<[number, IncomingRecord][]> => {
    const all: [number, IncomingRecord][] = [];
    for (const [partition, end] of await reader.endOffsets(name))
      for await (const batch of reader.readRange({ topic: name, partition }, 0n, end))
        for (const record of batch) all.push([partition, record]);
    return all;
  };
  const set = await call(['setup', pipeline]);
  if (set.code !== 0) throw new Error(`setup ended with ${set.code}: ${set.stderr}`);
  return {
    directory,
    logs: join(directory, 'consumer_logs'),
    topic,
    run,
    call,
    sent: async (feed, suffix = undefined) =>
      (await records(`${topic(feed)}${suffix ?? ''}`)).map(([partition, { offset, timestamp, key, value }]) => ({
        partition,
        offset: Number(offset),
        timestamp,
        key: key?.toString() ?? null,
        value: value?.toString() ?? '',
      })),
    headers: async (feed) =>
      (await records(`${topic(feed)}.dead-letter`)).map(([, { headers }]) =>
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString()])),
      ),
    publish: async (feed, partition, values) => {
      await publisher.publish(topic(feed), [
        { partition, records: values.map((value) => ({ key: null, value: Buffer.from(value) })) },
      ]);
    },
    json: async (...path) => JSON.parse(await readFile(join(directory, ...path), 'utf8')),
    async close() {
      endPrograms();
      await reader.close();
      await publisher.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** Waits until a program's stdout holds so many lines; gives them. */
export const stdoutLines = (program: Program, count: number, withinMs = 60_000): Promise<string[]> =>
  eventually(`${count} lines on stdout`, withinMs, () => {
    const lines = program.stdout().split('\n').slice(0, -1);
    return lines.length >= count ? lines : undefined;
  });

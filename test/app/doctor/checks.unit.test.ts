import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TopicFacts } from '../../../src/adapters/kafka/topic-facts.js';
import type { Query } from '../../../src/adapters/mysql/query.js';
import { examine, type Finding } from '../../../src/app/doctor/finding.js';
import { letterRoomFindings, topicFindings } from '../../../src/app/doctor/kafka-checks.js';
import { directoryFindings, nodeFindings } from '../../../src/app/doctor/machine-checks.js';
import { registryFindings } from '../../../src/app/doctor/registry-checks.js';
import { rowSizeFindings } from '../../../src/app/doctor/row-size.js';
import { clockFindings, horizonFindings, portFindings } from '../../../src/app/doctor/server-checks.js';
import { BridgeError } from '../../../src/core/errors.js';
import { avro } from '../../../src/core/topic.js';

const all = async (findings: AsyncIterable<Finding>): Promise<Finding[]> => {
  const list: Finding[] = [];
  for await (const finding of findings) list.push(finding);
  return list;
};

const bad = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${level} ${check}`);

describe('directories and disks', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-doctor-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  const MIB = 1024 * 1024;

  it('are fine where there is room', async () => {
    expect(bad(await all(directoryFindings(directory, 'logs', async () => 5_000 * MIB)))).toEqual([]);
  });

  it.each([
    [1_024 * MIB, []],
    [1_023 * MIB, ['warning disk']],
    [64 * MIB, ['warning disk']],
    [63 * MIB, ['error disk']],
  ])('with %d bytes free: %j', async (free, wanted) => {
    expect(bad(await all(directoryFindings(directory, 'logs', async () => free)))).toEqual(wanted);
  });

  it('that cannot be written are an error, and leave nothing behind', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(bad(await all(directoryFindings(join(file, 'below'), 'logs')))).toEqual(['error directories']);
    expect(await all(directoryFindings(join(directory, 'new'), 'logs'))).toHaveLength(2);
  });
});

describe('Node', () => {
  it.each([
    ['20.19.0', []],
    ['24.0.0', []],
    ['20.18.3', ['error node']],
    ['18.20.0', ['error node']],
  ])('%s: %j', async (version, wanted) => expect(bad(await all(nodeFindings(version)))).toEqual(wanted));
});

describe('ports', () => {
  it('say who takes a connection and who does not', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const open = { name: 'Kafka', host: '127.0.0.1', port };
    const found = await all(portFindings([open, { name: 'MySQL', host: '127.0.0.1', port: 1 }]));
    server.close();
    expect(bad(found)).toEqual(['error ports']);
    expect(found[1]?.found).toMatch(/MySQL at 127.0.0.1:1 takes no connection: ECONNREFUSED/);
  });
});

describe('the clock', () => {
  const query =
    (at: string): Query =>
    async <Row>() =>
      [{ at, zone: 'SYSTEM' }] as Row[];
  const local = Date.parse('2026-11-21T01:22:33.000Z');

  it.each([
    ['2026-11-21 01:22:34.900000', []],
    ['2026-11-21 01:22:36.000000', ['warning clock']],
    ['2026-11-21 01:22:30.000000', ['warning clock']],
  ])('of the database at %s: %j', async (at, wanted) => {
    expect(bad(await all(clockFindings(query(at), () => local)))).toEqual(wanted);
  });
});

describe('a topic', () => {
  const facts: TopicFacts = { partitions: 10, replicas: 3, minInsync: 2, maxMessageBytes: 1_048_588, uncleanElection: false };

  it.each<[string, Partial<TopicFacts> | null, number, string[]]>([
    ['as it should be', {}, 3, []],
    ['on one broker', { replicas: 1, minInsync: 1 }, 1, []],
    ['missing', null, 3, ['error topics']],
    ['of other partitions', { partitions: 3 }, 3, ['error topics']],
    ['of one copy on three brokers', { replicas: 1, minInsync: 1 }, 3, ['warning replicas']],
    ['acknowledged by one of three', { minInsync: 1 }, 3, ['warning min.insync.replicas']],
    ['that asks for more copies than it has', { replicas: 1, minInsync: 2 }, 1, ['error min.insync.replicas']],
    ['with unclean elections', { uncleanElection: true }, 3, ['warning unclean.leader.election']],
  ])('%s', async (_name, changed, brokers, wanted) => {
    const found = changed === null ? undefined : { ...facts, ...changed };
    expect(bad(await all(topicFindings({ name: 'product_updates', partitions: 10 }, found, brokers)))).toEqual(wanted);
  });

  it.each<[number, number, string[]]>([
    [1_000, 1_048_588, []],
    [900_001, 1_048_588, ['error max.message.bytes']],
    [1_000, 500_000, ['warning max.message.bytes']],
    [600_000, 500_000, ['warning max.message.bytes', 'error max.message.bytes']],
  ])('for rows of %d bytes, with batches of %d', async (row, topic, wanted) => {
    expect(bad(await all(rowSizeFindings(row, 'products', 'product_updates', topic)))).toEqual(wanted);
  });
});

describe('the dead letters of a topic', () => {
  it.each<[number, number, string[]]>([
    [1_048_588, 1_064_972, []],
    [1_048_588, 1_064_971, ['warning max.message.bytes']],
    [1_048_588, 1_048_588, ['warning max.message.bytes']],
    [2 ** 31 - 1, 2 ** 31 - 1, []],
  ])('which takes batches of %d bytes, take batches of %d', async (topic, letters, wanted) => {
    const found = await all(letterRoomFindings('product_updates', topic, letters));
    expect(bad(found)).toEqual(wanted);
    for (const { fix } of found)
      expect(fix).toMatch(/--entity-name product_updates\.dead-letter .* max\.message\.bytes=1064972$/);
  });
});

describe('the registry', () => {
  it.each<[string, boolean, string[], string[]]>([
    ['that knows no schema yet', false, [], []],
    ['that holds the same', true, [], []],
    ['that holds another', true, ["'price' was text"], ['error registry']],
  ])('%s', async (_name, registered, differences, wanted) => {
    const codec = { differences: async () => ({ registered, differences }) };
    expect(bad(await all(registryFindings(codec, [avro('product_updates-value')])))).toEqual(wanted);
  });
});

describe('examine', () => {
  it('goes on after a check that fails, and gives its fix', async () => {
    const failing = async function* (): AsyncGenerator<Finding> {
      yield { check: 'a', level: 'ok', found: 'fine' };
      throw new BridgeError({ code: 'X', kind: 'transient', found: 'It is away.', fix: 'Start it.' });
    };
    const fine = async function* (): AsyncGenerator<Finding> {
      yield { check: 'b', level: 'ok', found: 'fine' };
    };
    const found = await all(
      examine([
        { name: 'a', run: failing },
        { name: 'b', run: fine },
      ]),
    );
    expect(found.map(({ check, level }) => `${check} ${level}`)).toEqual(['a ok', 'a error', 'b ok']);
    expect(found[1]).toMatchObject({ found: 'It is away.', fix: 'Start it.' });
  });
});

describe('performance_schema', () => {
  /** A server that answers each of the checks' statements with what is given, and with nothing wrong otherwise. */
  const server =
    (answers: Readonly<Record<string, readonly object[]>>): Query =>
    async <Row>(sql: string) => {
      const known = Object.entries(answers).find(([part]) => sql.includes(part));
      const usual = sql.includes('@@performance_schema') ? [{ on: 1 }] : sql.includes('COUNT(*)') ? [{ n: 0 }] : [];
      return (known?.[1] ?? usual) as Row[];
    };

  it.each<[string, Record<string, object[]>, number]>([
    ['shows everything', {}, 0],
    ['is switched off', { '@@performance_schema': [{ on: 0 }] }, 1],
    ['lacks consumers', { setup_consumers: [{ name: 'global_instrumentation' }, { name: 'thread_instrumentation' }] }, 2],
    ['lacks instruments', { setup_instruments: [{ n: '3' }] }, 1],
    ['does not see some sessions', { "INSTRUMENTED = 'NO'": [{ n: 2 }] }, 1],
  ])('%s', async (_name, answers, warnings) => {
    const found = await all(horizonFindings(server(answers)));
    expect(bad(found)).toEqual(Array(warnings).fill('warning horizon'));
    expect(found).toHaveLength(Math.max(1, warnings));
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { json } from '../../src/adapters/json/check.js';
import { type Clients, openClients } from '../../src/app/clients.js';
import { drained } from '../../src/app/drained.js';
import { repairWorkerLogs } from '../../src/app/logs.js';
import { statusOf } from '../../src/app/status.js';
import { caughtUp } from '../../src/app/verify/caught-up.js';
import { verifyPipeline } from '../../src/app/verify/index.js';
import { runWorkerForever } from '../../src/app/workers.js';
import { feed, type GeneratorSource, worker } from '../../src/core/pipeline.js';
import { deadLetterTopicOf } from '../../src/core/topic.js';
import { jsonLog } from '../../src/sinks/json-log/index.js';
import { configWith } from '../support/config.js';
import { type KafkaWorld, kafkaWorld } from '../support/kafka-world.js';
import { rememberingOutput } from '../support/parts.js';
import { uniqueName } from '../support/servers.js';
import { silentLog } from '../support/silent-log.js';

const type = z.strictObject({ id: z.int() });
type Value = z.infer<typeof type>;
const signal = new AbortController().signal;
const record = (id: number) => ({ key: Buffer.from(String(id)), value: Buffer.from(JSON.stringify({ id })) });

describe('transactions of another producer in a topic', () => {
  let world: KafkaWorld;
  let clients: Clients;
  let directory: string;
  const releases: (() => Promise<void>)[] = [];
  const onRelease = (release: () => Promise<void>) => void releases.push(release);
  const log = silentLog;

  beforeAll(async () => {
    world = await kafkaWorld();
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-transactions-'));
    const servers = { KAFKA_BROKERS: world.brokers };
    clients = await openClients({ config: configWith(), servers, clientId: 'transactions', log, signal, onRelease });
  });
  afterAll(async () => {
    await Promise.all(releases.map((release) => release()));
    await world.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A topic of one partition with a feed into it, and a worker that keeps consumer logs. */
  const logged = async () => {
    const name = await world.topic([0]);
    await clients.admin.ensureTopics([{ name: deadLetterTopicOf(name), partitions: 1 }]);
    const topic = { name, partitions: 1, format: json(type), key: ({ id }: Value) => String(id) };
    const definition = worker<Value, Value>(uniqueName('group'), { from: [topic], transform: (value) => [value], sink: jsonLog });
    const source: GeneratorSource<Value> = {
      kind: 'generator',
      name,
      eventsPerSecond: 1,
      open: () => Promise.reject(new Error()),
    };
    const pipeline = { summary: '', feeds: [feed(source, topic)], workers: [definition] };
    const config = configWith({}, { logsDirectory: join(directory, name) });
    const options = { config, clients, pipeline, log, signal };
    const path = join(config.logsDirectory, definition.name, 'consumer_log.json');
    return {
      topic: name,
      group: definition.name,
      path,
      options,
      work: (max: number) =>
        runWorkerForever({
          ...options,
          definition,
          instance: definition.name,
          wait: true,
          showing: { output: rememberingOutput(), json: false, max },
        }),
      lines: async () => (await readFile(path, 'utf8')).trimEnd().split('\n'),
      ids: async () =>
        (await readFile(path, 'utf8'))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).id),
      verify: async () => (await verifyPipeline({ ...options, deep: false, waitMs: 0, memoryBytes: 1 << 24, onRelease }))[0],
      repair: () => repairWorkerLogs({ ...options, worker: definition, agreed: async () => true, onMended: () => {} }),
    };
  };

  it('that were aborted are neither missed by a verification nor written by a repair of the logs', async () => {
    const { topic, work, ids, lines, path, verify, repair } = await logged();
    await world.publish(topic, 0, [1, 2]);
    const aborted = await world.begin(topic, 0);
    await aborted.send([record(-1), record(-2)]);
    await world.publish(topic, 0, [3]);
    await aborted.abort();
    const committed = await world.begin(topic, 0);
    await committed.send([record(4)]);
    await committed.commit();
    await world.publish(topic, 0, [5]);
    await work(5);
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
    expect(await verify()).toMatchObject({ clean: true, records: { judged: 5 } });
    const all = await lines();
    await writeFile(path, `${all[0]}\n{"id":2,\n${all[4]}\n`);
    expect(await verify()).toMatchObject({ clean: false });
    await repair();
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
    expect(await verify()).toMatchObject({ clean: true, records: { judged: 5 } });
  });

  it('leave marks behind that nobody waits for, and that are no lag', async () => {
    const { topic, group, work, options } = await logged();
    await world.publish(topic, 0, [1]);
    const committed = await world.begin(topic, 0);
    await committed.send([record(2)]);
    await committed.commit();
    const aborted = await world.begin(topic, 0);
    await aborted.send([record(-1)]);
    await aborted.abort();
    await work(2);
    const [at, ends] = [await clients.admin.committed(group, topic), await clients.reader.endOffsets(topic)];
    expect([at.get(0), ends.get(0)]).toEqual([2n, 5n]);
    expect(await drained({ ...options, signal: AbortSignal.timeout(20_000) }, clients)).toBe(true);
    const members = jest.fn(world.admin.members);
    await caughtUp({ reader: clients.reader, admin: { ...world.admin, members } }, { group, topic, ends }, 20_000, signal);
    expect(members).not.toHaveBeenCalled();
    const { workers } = await statusOf(options);
    expect(workers.flatMap(({ partitions }) => partitions.map(({ lag }) => lag))).toEqual([0]);
  });

  it("that are open are waited for by 'up --once': what is behind them has reached no worker", async () => {
    const { topic, work, options } = await logged();
    await world.publish(topic, 0, [1]);
    await work(1);
    const open = await world.begin(topic, 0);
    await open.send([record(2)]);
    await world.publish(topic, 0, [3]);
    expect(await drained({ ...options, signal: AbortSignal.timeout(2_000) }, clients)).toBe(false);
    await open.abort();
    await work(1);
    expect(await drained({ ...options, signal: AbortSignal.timeout(20_000) }, clients)).toBe(true);
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { json } from '../../src/adapters/json/check.js';
import { sizeBatch } from '../../src/adapters/kafka/record-batch.js';
import { type Clients, openClients } from '../../src/app/clients.js';
import { ensureDeadLetterTopics } from '../../src/app/dead-letter-topics.js';
import { deadLetters } from '../../src/app/dead-letters.js';
import { runWorkerForever, type WorkerOptions } from '../../src/app/workers.js';
import type { OutgoingRecord } from '../../src/core/broker.js';
import type { DeadLetter } from '../../src/core/dead-letter.js';
import { BridgeError } from '../../src/core/errors.js';
import { type Row, type SinkParts, type WorkerDefinition, worker } from '../../src/core/pipeline.js';
import type { Result, Sink } from '../../src/core/sink.js';
import { deadLetterTopicOf, type Topic } from '../../src/core/topic.js';
import type { WorkerMarker } from '../../src/core/worker.js';
import { jsonLog } from '../../src/sinks/json-log/index.js';
import { snapshot } from '../../src/sinks/snapshot/index.js';
import { failureOf } from '../contracts/failure.js';
import { seen } from '../sinks/snapshot/world.js';
import { configWith } from '../support/config.js';
import { type KafkaWorld, kafkaWorld } from '../support/kafka-world.js';
import { rememberingOutput } from '../support/parts.js';
import { eventually } from '../support/program.js';
import { uniqueName } from '../support/servers.js';
import { silentLog } from '../support/silent-log.js';

const type = z.strictObject({ id: z.int() });
type Value = z.infer<typeof type>;

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);
const ascending = (ids: readonly unknown[]): number[] => (ids as number[]).toSorted((a, b) => a - b);

let world: KafkaWorld;
let directory: string;
const releases: (() => Promise<void>)[] = [];

beforeAll(async () => {
  world = await kafkaWorld();
  directory = await mkdtemp(join(tmpdir(), 'rowbridge-workers-'));
});
afterAll(async () => {
  await Promise.all(releases.map((release) => release()));
  await world.close();
  await rm(directory, { recursive: true, force: true });
});

const config = () => configWith({}, { logsDirectory: directory });

const newClients = (): Promise<Clients> =>
  openClients({
    config: config(),
    servers: { KAFKA_BROKERS: world.brokers },
    clientId: 'worker',
    log: silentLog,
    signal: new AbortController().signal,
    onRelease: (release) => void releases.push(release),
  });

/** A topic with as many records in each partition, and a group that reads it. */
const group = async (counts: readonly number[], sink: (parts: SinkParts) => Sink<Row>) => {
  const name = await world.topic(counts);
  const topic: Topic<Value> = { name, partitions: counts.length, format: json(type), key: ({ id }) => String(id) };
  const definition = worker<Value, Value>(uniqueName('group'), { from: [topic], transform: (value) => [value], sink });
  return { topic: name, definition, committed: () => world.admin.committed(definition.name, name) };
};

const start = async (definition: WorkerDefinition, changes: Partial<WorkerOptions> = {}) => {
  const stop = new AbortController();
  const ended = runWorkerForever({
    config: config(),
    clients: await newClients(),
    definition,
    instance: definition.name,
    log: silentLog,
    signal: stop.signal,
    wait: true,
    showing: { output: rememberingOutput(), json: false },
    ...changes,
  });
  ended.catch(() => {});
  return {
    ended,
    async stop() {
      stop.abort();
      await ended;
    },
  };
};

const sumOf = (committed: ReadonlyMap<number, bigint>): number =>
  [...committed.values()].reduce((sum, at) => sum + Number(at), 0);

describe('a worker on a real broker', () => {
  /** A sink that forgets nothing, and fails where it is told to. */
  const memory = (failing: { times: number } = { times: 0 }, begins = false) => {
    const written: Result<Row>[] = [];
    const sink = (): Sink<Row> => ({
      ...(begins ? { begin: async (asked) => asked } : {}),
      async write(results) {
        if (written.length > 0 && failing.times-- > 0)
          throw new BridgeError({ code: 'LOG_WRITE_FAILED', kind: 'transient', found: '', fix: '' });
        written.push(...results);
      },
    });
    return { written, sink };
  };

  it('ends after so many results, however often it has to join, and commits right behind the last', async () => {
    const { written, sink } = memory({ times: 2 }, true);
    const { definition, committed } = await group([40, 40, 40], sink);
    const showing = { output: rememberingOutput(), json: false, max: 57 };
    await (await start(definition, { showing })).ended;
    expect(written).toHaveLength(57);
    expect(sumOf(await committed())).toBe(57);
    await (await start(definition, { showing: { ...showing, max: 63 } })).ended;
    expect(new Set(written.map(({ meta }) => `${meta.partition}/${meta.offset}`)).size).toBe(120);
  });

  it('begins where a person asks, once, and goes on from there', async () => {
    const { written, sink } = memory({ times: 1 }, true);
    const { definition, topic } = await group([5, 5], sink);
    const everything = { output: rememberingOutput(), json: false, from: 'beginning' as const, max: 10 };
    await (await start(definition, { showing: everything })).ended;
    expect(written).toHaveLength(10);
    await (await start(definition, { showing: everything })).ended;
    expect(written).toHaveLength(20);
    const running = await start(definition, { showing: { output: rememberingOutput(), json: false, from: 'latest' } });
    await eventually('a member', 60_000, async () => ((await world.admin.members(definition.name)).size > 0 ? true : undefined));
    await world.publish(topic, 0, [100]);
    await eventually('the new record', 60_000, () => written.length === 21 || undefined);
    await running.stop();
    expect(written.at(-1)?.value).toEqual({ id: 100 });
  });
});

describe('a record that cannot be handled, on a real broker', () => {
  /** What a topic takes unless told otherwise. */
  const TOPIC_BYTES = 1_048_588;

  /** A record whose batch fills its topic; the error of its value repeats nearly all of it. */
  const filling = (): OutgoingRecord => {
    const recordOf = (length: number): OutgoingRecord => ({
      key: null,
      value: Buffer.from(`{"id":1,"${'x'.repeat(length)}":1}`),
    });
    const almost = TOPIC_BYTES - 1_000;
    const record = recordOf(almost + TOPIC_BYTES - sizeBatch([recordOf(almost)]).bytes);
    expect(sizeBatch([record]).bytes).toBe(TOPIC_BYTES);
    return record;
  };

  const lettersOf = async (topic: string) => {
    const found: DeadLetter[] = [];
    for await (const letters of deadLetters(world.reader, topic)) found.push(...letters);
    return found;
  };

  const filled = async () => {
    const ids: unknown[] = [];
    const sink = (): Sink<Row> => ({ write: async (results) => void ids.push(...results.map(({ value }) => value?.id)) });
    const made = await group([1], sink);
    const poison = filling();
    const clients = await newClients();
    await clients.publish(made.topic, [{ partition: 0, records: [poison] }]);
    await world.publish(made.topic, 0, [7]);
    return { ...made, ids, poison, clients };
  };
  const twoResults = { showing: { output: rememberingOutput(), json: false, max: 2 } };

  it('becomes a dead letter though it fills its topic, and the worker goes on', async () => {
    const { definition, topic, committed, ids, poison, clients } = await filled();
    await ensureDeadLetterTopics(clients, [topic]);
    await (await start(definition, twoResults)).ended;
    expect(ids).toEqual([0, 7]);
    expect(sumOf(await committed())).toBe(3);
    const [letter, ...more] = await lettersOf(topic);
    expect(letter?.value?.equals(poison.value ?? Buffer.alloc(0))).toBe(true);
    expect(letter).toMatchObject({ topic, origin: { partition: 0, offset: 1n }, group: definition.name });
    expect(letter?.reason).toMatch(/^The value does not fit: .{1800,} \.\.\. \(cut, 10\d{5} characters in all\)$/);
    expect(more).toEqual([]);
  });

  it('ends the worker with what to do where the dead letters take less, and once that is done it goes on', async () => {
    const { definition, topic, committed, ids } = await filled();
    const name = deadLetterTopicOf(topic);
    await world.admin.ensureTopics([{ name, partitions: 1 }]);
    const failure = await failureOf(async () => (await start(definition, twoResults)).ended);
    expect(failure).toMatchObject({ code: 'BATCH_TOO_LARGE_FOR_TOPIC', kind: 'configuration' });
    expect(failure.fix).toContain(`--entity-name ${name} --add-config max.message.bytes=`);
    expect(sumOf(await committed())).toBeLessThan(2);
    const [, value = ''] = /max\.message\.bytes=(\d+)/.exec(failure.fix) ?? [];
    const altering = world.kafka.admin();
    await altering.connect();
    const configEntries = [{ name: 'max.message.bytes', value }];
    await altering.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] });
    await altering.disconnect();
    const running = await start(definition);
    await eventually('all records', 60_000, async () => sumOf(await committed()) === 3 || undefined);
    await running.stop();
    expect(new Set(ids)).toEqual(new Set([0, 7]));
    expect(await lettersOf(topic)).toHaveLength(1);
  });

  it('may be one whose result JSON cannot hold: the others are logged once, also over a restart', async () => {
    const { definition: made, topic, committed } = await group([10], jsonLog);
    await ensureDeadLetterTopics(await newClients(), [topic]);
    const definition: WorkerDefinition = { ...made, transform: (row) => [row.id === 3 ? { id: 1 / 0 } : row] };
    for (const records of [10, 12]) {
      const running = await start(definition);
      await eventually('all records', 60_000, async () => sumOf(await committed()) === records || undefined);
      await running.stop();
      if (records === 10) await world.publish(topic, 0, [3, 20]);
    }
    const log = await readFile(join(directory, definition.name, 'consumer_log.json'), 'utf8');
    const ids = log.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line).id));
    expect(ids).toEqual([...upTo(10).filter((id) => id !== 3), 20]);
    const letters = await lettersOf(topic);
    expect(letters.map(({ origin, value }) => [origin?.offset, String(value)])).toEqual([
      [3n, '{"id":3}'],
      [10n, '{"id":3}'],
    ]);
    expect(letters[0]?.reason).toMatch(/cannot be written as JSON: JSON has no number Infinity/);
  });
});

describe('a snapshot on a real broker', () => {
  const counted = async ({ name }: WorkerDefinition): Promise<unknown[]> => {
    const text = await readFile(join(directory, name, seen.file), 'utf8').catch(() => undefined);
    return text === undefined ? [] : seen.read(JSON.parse(text)).results.map(({ id }) => id);
  };
  const until = (definition: WorkerDefinition, count: number) =>
    eventually(`${count} results`, 30_000, async () => ((await counted(definition)).length >= count ? true : undefined));

  /** Ends a worker at a moment, with nothing of what would come after it. */
  const killing =
    (at: WorkerMarker) =>
    (marker: WorkerMarker): void => {
      if (marker === at) throw new BridgeError({ code: 'KILLED', kind: 'integrity', found: '', fix: '' });
    };

  it.each<WorkerMarker>(['before-write', 'after-write', 'after-commit'])(
    'counts each record once when its worker is killed: %s',
    async (marker) => {
      const { definition, committed } = await group([20, 20], snapshot(seen));
      for (const nth of ['first', 'second']) {
        const { ended } = await start(definition, { onMarker: killing(marker) });
        expect(await failureOf(() => ended)).toMatchObject({ code: 'KILLED' });
        if (marker === 'after-write' && nth === 'first') {
          expect((await counted(definition)).length).toBeGreaterThan(0);
          expect(sumOf(await committed())).toBe(0);
        }
      }
      const running = await start(definition);
      await until(definition, 40);
      await eventually('the commit', 60_000, async () => sumOf(await committed()) === 40 || undefined);
      await running.stop();
      expect(ascending(await counted(definition))).toEqual(ascending([...upTo(20), ...upTo(20)]));
    },
  );

  it('counts everything again when its folder is deleted while it runs, and when it is not', async () => {
    const { definition, topic } = await group([10], snapshot(seen));
    const running = await start(definition);
    await until(definition, 10);
    await rm(join(directory, definition.name), { recursive: true });
    await world.publish(topic, 0, upTo(5, 10));
    await until(definition, 15);
    await running.stop();
    expect(await counted(definition)).toEqual(upTo(15));
    await rm(join(directory, definition.name), { recursive: true });
    const again = await start(definition);
    await until(definition, 15);
    await again.stop();
    expect(await counted(definition)).toEqual(upTo(15));
  });

  it('counts from now on where a person wants it, and everything where a person wants that', async () => {
    const { definition, topic } = await group([10], snapshot(seen));
    const showing = { output: rememberingOutput(), json: false };
    const latest = await start(definition, { showing: { ...showing, from: 'latest' } });
    await eventually('a member', 60_000, async () => ((await world.admin.members(definition.name)).size > 0 ? true : undefined));
    await world.publish(topic, 0, [10, 11]);
    await until(definition, 2);
    await latest.stop();
    expect(await counted(definition)).toEqual([10, 11]);
    const all = await start(definition, { showing: { ...showing, from: 'beginning' } });
    await until(definition, 12);
    await all.stop();
    expect(await counted(definition)).toEqual(upTo(12));
  });

  it('begins anew when its topic is made anew while it does not run', async () => {
    const { definition, topic } = await group([10], snapshot(seen));
    const first = await start(definition);
    await until(definition, 10);
    await first.stop();
    await world.admin.deleteTopics([topic]);
    await world.admin.ensureTopics([{ name: topic, partitions: 1 }]);
    await world.publish(topic, 0, upTo(12, 500));
    const second = await start(definition);
    await until(definition, 12);
    await second.stop();
    expect(await counted(definition)).toEqual(upTo(12, 500));
  });
});

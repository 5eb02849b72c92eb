import { z } from 'zod';
import { json } from '../../src/adapters/json/check.js';
import { type Clients, openClients } from '../../src/app/clients.js';
import { retryLetters } from '../../src/app/dead-letters.js';
import { drained } from '../../src/app/drained.js';
import { statusOf } from '../../src/app/status.js';
import { caughtUp } from '../../src/app/verify/caught-up.js';
import { type Pipeline, worker } from '../../src/core/pipeline.js';
import { deadLetterTopicOf } from '../../src/core/topic.js';
import { configWith } from '../support/config.js';
import { type KafkaWorld, kafkaWorld } from '../support/kafka-world.js';
import { uniqueName } from '../support/servers.js';
import { silentLog } from '../support/silent-log.js';

const type = z.strictObject({ id: z.int() });
const never = new AbortController().signal;
/** Far more than any of these takes, and far less than for ever. */
const WITHIN_MS = 20_000;

describe('records that retention has removed before a group has read them', () => {
  let world: KafkaWorld;
  let clients: Clients;
  const releases: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    world = await kafkaWorld();
    clients = await openClients({
      config: configWith(),
      servers: { KAFKA_BROKERS: world.brokers },
      clientId: 'retention',
      log: silentLog,
      signal: never,
      onRelease: (release) => void releases.push(release),
    });
  });
  afterAll(async () => {
    await Promise.all(releases.map((release) => release()));
    await world.close();
  });

  /** A topic of which a partition has lost all of its records and another never had any, and a group that has read nothing. */
  const emptied = async () => {
    const name = await world.topic([5, 0]);
    await world.deleteRecords(name, 0, 5n);
    const topic = { name, partitions: 2, format: json(type), key: ({ id }: z.infer<typeof type>) => String(id) };
    const definition = worker(uniqueName('group'), { from: [topic], transform: (value) => [value], sink: () => ({}) as never });
    return {
      topic: name,
      group: definition.name,
      pipeline: { summary: '', feeds: [], workers: [definition] } satisfies Pipeline,
    };
  };

  it("are not waited for by 'up --once'", async () => {
    const { pipeline } = await emptied();
    const signal = AbortSignal.timeout(WITHIN_MS);
    expect(await drained({ config: configWith(), pipeline, log: silentLog, signal }, clients)).toBe(true);
  });

  it('are not waited for by a verification while a worker runs', async () => {
    const { topic, group } = await emptied();
    const member = await world.member(group, [topic]);
    const ends = await clients.reader.endOffsets(topic);
    const members = jest.fn(world.admin.members);
    const { reader } = clients;
    expect(await caughtUp({ reader, admin: { ...world.admin, members } }, { group, topic, ends }, WITHIN_MS, never)).toEqual(
      new Map(),
    );
    expect(members).not.toHaveBeenCalled();
    await member.leave();
  });

  it('are no lag', async () => {
    const { topic, pipeline } = await emptied();
    const options = { config: configWith(), clients, pipeline, log: silentLog, signal: never };
    const lags = async () => (await statusOf(options)).workers.flatMap(({ partitions }) => partitions.map(({ lag }) => lag));
    expect(await lags()).toEqual([0, 0]);
    await world.publish(topic, 0, [5, 6]);
    expect(await lags()).toEqual([2, 0]);
  });

  it("are not waited for by 'dlq retry'", async () => {
    const topic = await world.topic([0]);
    const letters = deadLetterTopicOf(topic);
    await clients.admin.ensureTopics([{ name: letters, partitions: 1 }]);
    await world.publish(letters, 0, [1, 2]);
    await world.deleteRecords(letters, 0, 2n);
    const signal = AbortSignal.timeout(WITHIN_MS);
    const pipeline = { summary: '', feeds: [], workers: [] };
    const retried = await retryLetters({ clients, pipeline, topic, log: silentLog, signal, forMs: WITHIN_MS });
    expect([retried, signal.aborted]).toEqual([{ retried: 0, already: 0, withoutBytes: 0 }, false]);
  });
});

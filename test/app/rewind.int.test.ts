import { commitOffsets } from '../../src/adapters/kafka/commit-offsets.js';
import { rewind } from '../../src/app/rewind.js';
import { failureOf } from '../contracts/failure.js';
import { type KafkaWorld, kafkaWorld } from '../support/kafka-world.js';
import { eventually } from '../support/program.js';
import { uniqueName } from '../support/servers.js';

const never = new AbortController().signal;

/** Partition by partition, from 0. */
const offsets = (...all: bigint[]) => new Map(all.map((offset, partition) => [partition, offset]));

describe('a group that begins somewhere else', () => {
  let world: KafkaWorld;

  beforeAll(async () => {
    world = await kafkaWorld();
  });
  afterAll(() => world.close());

  /** A topic with 5, 3 and no records, of which the group has read 2, 3 and none. */
  const halfRead = async () => {
    const [topic, group] = [await world.topic([5, 3, 0]), uniqueName('group')];
    await commitOffsets(world.kafka, group, new Map([[topic, offsets(2n, 3n)]]));
    return { topic, group, committed: () => world.admin.committed(group, topic) };
  };

  it('begins at the beginning of every partition', async () => {
    const { topic, group, committed } = await halfRead();
    await rewind(world, group, [topic], 'beginning', never);
    expect(await committed()).toEqual(offsets(0n, 0n, 0n));
    const member = await world.member(group, [topic]);
    await eventually('eight records', 60_000, () => member.read().length === 8 || undefined);
    await member.leave();
    expect(member.read()).toHaveLength(8);
  });

  it('begins behind the last record of every partition', async () => {
    const { topic, group, committed } = await halfRead();
    await rewind(world, group, [topic], 'latest', never);
    expect(await committed()).toEqual(offsets(5n, 3n, 0n));
  });

  it('begins at the first record that the topic still holds', async () => {
    const { topic, group, committed } = await halfRead();
    await world.deleteRecords(topic, 0, 4n);
    await rewind(world, group, [topic], 'beginning', never);
    expect(await committed()).toEqual(offsets(4n, 0n, 0n));
  });

  it('begins there in all of its topics', async () => {
    const { topic, group, committed } = await halfRead();
    const other = await world.topic([4]);
    await rewind(world, group, [topic, other], 'latest', never);
    expect([await committed(), await world.admin.committed(group, other)]).toEqual([offsets(5n, 3n, 0n), offsets(4n)]);
    await rewind(world, group, [topic, other], 'beginning', never);
    expect([await committed(), await world.admin.committed(group, other)]).toEqual([offsets(0n, 0n, 0n), offsets(0n)]);
  });

  it('begins at the beginning by itself where it has committed nothing, and behind the last where that is wanted', async () => {
    const [topic, group] = [await world.topic([5, 3]), uniqueName('group')];
    await rewind(world, group, [topic], 'beginning', never);
    expect(await world.admin.committed(group, topic)).toEqual(new Map());
    await rewind(world, group, [topic], 'latest', never);
    expect(await world.admin.committed(group, topic)).toEqual(offsets(5n, 3n));
  });

  it.each(['beginning', 'latest'] as const)('is refused the %s while a member runs, and keeps what it has', async (to) => {
    const { topic, group, committed } = await halfRead();
    const member = await world.member(group, [topic]);
    const error = await failureOf(() => rewind(world, group, [topic], to, never, 600));
    expect(error).toMatchObject({ code: 'GROUP_ACTIVE', kind: 'environment' });
    expect(error.message).toContain(`'${group}'`);
    expect(await committed()).toEqual(offsets(2n, 3n));
    await member.leave();
  });

  it('waits for a member that is about to go', async () => {
    const { topic, group, committed } = await halfRead();
    const member = await world.member(group, [topic]);
    const rewinding = rewind(world, group, [topic], 'beginning', never);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await committed()).toEqual(offsets(2n, 3n));
    await member.leave();
    await rewinding;
    expect(await committed()).toEqual(offsets(0n, 0n, 0n));
  });

  it('stays where it is when the program is stopped while it waits', async () => {
    const { topic, group, committed } = await halfRead();
    const member = await world.member(group, [topic]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    await rewind(world, group, [topic], 'beginning', stop.signal);
    await member.leave();
    expect(await committed()).toEqual(offsets(2n, 3n));
  });
});

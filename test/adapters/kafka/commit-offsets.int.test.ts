import { kafkaClient } from '../../../src/adapters/kafka/client.js';
import { newCluster } from '../../../src/adapters/kafka/cluster.js';
import { commitOffsets } from '../../../src/adapters/kafka/commit-offsets.js';
import { failureOf } from '../../contracts/failure.js';
import { type KafkaWorld, kafkaWorld } from '../../support/kafka-world.js';
import { eventually } from '../../support/program.js';
import { uniqueName } from '../../support/servers.js';
import { silentLog } from '../../support/silent-log.js';

const offsets = (...all: (readonly [partition: number, offset: bigint])[]) => new Map(all);

describe('committing offsets for a group', () => {
  let world: KafkaWorld;

  beforeAll(async () => {
    world = await kafkaWorld();
  });
  afterAll(() => world.close());

  it('works for a group that nobody has ever joined, and joins nobody', async () => {
    const [topic, group] = [await world.topic([5, 5]), uniqueName('group')];
    await commitOffsets(world.kafka, group, new Map([[topic, offsets([0, 3n], [1, 5n])]]));
    expect(await world.admin.committed(group, topic)).toEqual(offsets([0, 3n], [1, 5n]));
    expect(await world.admin.members(group)).toEqual(new Map());
  });

  it('replaces what was committed, forwards and backwards, and leaves other partitions and topics alone', async () => {
    const [one, other, group] = [await world.topic([9, 9]), await world.topic([9]), uniqueName('group')];
    await commitOffsets(
      world.kafka,
      group,
      new Map([
        [one, offsets([0, 5n], [1, 5n])],
        [other, offsets([0, 5n])],
      ]),
    );
    await commitOffsets(world.kafka, group, new Map([[one, offsets([0, 0n])]]));
    expect(await world.admin.committed(group, one)).toEqual(offsets([0, 0n], [1, 5n]));
    await commitOffsets(world.kafka, group, new Map([[one, offsets([1, 9n])]]));
    expect(await world.admin.committed(group, one)).toEqual(offsets([0, 0n], [1, 9n]));
    expect(await world.admin.committed(group, other)).toEqual(offsets([0, 5n]));
  });

  it('is where the next member begins', async () => {
    const [topic, group] = [await world.topic([5]), uniqueName('group')];
    await commitOffsets(world.kafka, group, new Map([[topic, offsets([0, 3n])]]));
    const member = await world.member(group, [topic]);
    await world.publish(topic, 0, [5]);
    await eventually('three records', 60_000, () => member.read().length === 3 || undefined);
    await member.leave();
    expect(member.read().map(({ offset }) => offset)).toEqual([3n, 4n, 5n]);
  });

  it('is refused by the broker while the group has a member, and changes nothing', async () => {
    const [topic, group] = [await world.topic([5]), uniqueName('group')];
    await commitOffsets(world.kafka, group, new Map([[topic, offsets([0, 3n])]]));
    const member = await world.member(group, [topic]);
    const error = await failureOf(() => commitOffsets(world.kafka, group, new Map([[topic, offsets([0, 0n])]])));
    expect(error).toMatchObject({ kind: 'transient' });
    expect(error.message).toContain(group);
    expect(await world.admin.committed(group, topic)).toEqual(offsets([0, 3n]));
    await member.leave();
    await commitOffsets(world.kafka, group, new Map([[topic, offsets([0, 0n])]]));
    expect(await world.admin.committed(group, topic)).toEqual(offsets([0, 0n]));
  });

  it('may be tried again when the broker is away', async () => {
    const nobody = kafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'nobody', log: silentLog });
    const error = await failureOf(() => commitOffsets(nobody, 'g', new Map([['t', offsets([0, 0n])]])));
    expect(error).toMatchObject({ code: 'KAFKA_UNAVAILABLE', kind: 'transient' });
  });

  it('says so where kafkajs is another version', () => {
    expect(() => newCluster({} as unknown as KafkaWorld['kafka'])).toThrow('2.2.4');
  });
});

import { runFeed } from '../../../src/core/feed.js';
import { type KafkaWorld, kafkaWorld } from '../../support/kafka-world.js';
import { type Item, items, jsonCodec, memoryPositions, memorySource } from '../../support/memory-feed.js';
import { silentLog } from '../../support/silent-log.js';

class Killed extends Error {}

const rowsOf = (from: number, to: number): Item[] =>
  Array.from({ length: to - from }, (_, index) => ({ id: from + index, at: String(1000 + from + index) }));

describe('a feed into a topic in which a transaction of another producer is open', () => {
  let world: KafkaWorld;
  beforeAll(async () => {
    world = await kafkaWorld();
  });
  afterAll(() => world.close());

  /** A feed that has published some rows, and a transaction that was begun then and never ends. */
  const begun = async () => {
    const name = await world.topic([0, 0, 0]);
    const rows = rowsOf(0, 12);
    const positions = memoryPositions();
    const feed = async (killed = false): Promise<void> => {
      const stop = new AbortController();
      const run = runFeed<Item>({
        name: 'items',
        source: memorySource(
          () => rows,
          50,
          () => stop.abort(),
        ),
        topic: { ...items, name },
        codec: jsonCodec,
        publish: world.send,
        reader: world.reader,
        positions,
        origin: async () => ({ server: 'a', cluster: 'c' }),
        stillOurs: async () => true,
        log: silentLog,
        signal: stop.signal,
        settleMs: 300,
        onMarker: (marker) => {
          if (killed && marker === 'after-ack') throw new Killed();
        },
      });
      await (killed ? expect(run).rejects.toThrow(Killed) : run);
    };
    await feed();
    for (const partition of [0, 1, 2])
      await (await world.begin(name, partition)).send([{ key: null, value: Buffer.from('{"id":-1,"at":"0"}') }]);
    rows.push(...rowsOf(12, 24));
    const published = async () => {
      const ids: number[] = [];
      for (const [partition, end] of await world.reader.endOffsets(name, 'own'))
        for await (const records of world.reader.readRange({ topic: name, partition }, 0n, end, 'own'))
          ids.push(...records.map(({ value }) => JSON.parse(String(value)).id));
      return ids.sort((a, b) => a - b);
    };
    const all = rowsOf(0, 24).map(({ id }) => id);
    return { feed, published, all, name };
  };

  it('goes on after a clean end: what it has published behind the transaction is still its own', async () => {
    const { feed, published, all } = await begun();
    await feed();
    await feed();
    expect(await published()).toEqual(all);
  });

  it('sends nothing twice after a kill between the acknowledgement and the save', async () => {
    const { feed, published, all, name } = await begun();
    await feed(true);
    const reached = [...(await world.reader.endOffsets(name)).values()].reduce((sum, end) => sum + end, 0n);
    expect([await published(), reached]).toEqual([all, 12n]);
    await feed();
    expect(await published()).toEqual(all);
  });
});

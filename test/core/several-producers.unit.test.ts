import fc from 'fast-check';
import { BridgeError } from '../../src/core/errors.js';
import { type FeedMarker, type FeedRun, runFeed } from '../../src/core/feed.js';
import { memoryBroker } from '../support/memory-broker.js';
import { type Item, items, jsonCodec, memoryPositions, memorySource } from '../support/memory-feed.js';
import { rememberingLog, silentLog } from '../support/silent-log.js';

class Killed extends Error {}

/** One table, one topic, and producers on hosts of their own: each keeps its own state. */
const system = (count: number) => {
  const rows: Item[] = Array.from({ length: 12 }, (_, index) => ({ id: index + 1, at: String(1000 + index) }));
  const broker = memoryBroker(3);
  const states = Array.from({ length: count }, memoryPositions);
  const run = async (producer: number, extra: Partial<FeedRun<Item>> = {}, reader = broker.reader): Promise<void> => {
    const stop = new AbortController();
    const source = memorySource(
      () => rows,
      4,
      () => stop.abort(),
    );
    const found = states[producer];
    if (found === undefined) throw new Error('no such producer');
    try {
      await runFeed<Item>({
        name: 'items',
        source,
        topic: items,
        codec: jsonCodec,
        publish: broker.publish,
        reader,
        positions: found,
        adopt: true,
        origin: async () => ({ server: 'a', cluster: 'c' }),
        stillOurs: async () => true,
        log: silentLog,
        signal: stop.signal,
        settleMs: 1,
        ...extra,
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  };
  const killAt = (wanted: FeedMarker, nth: number) => {
    let met = 0;
    return (marker: FeedMarker): void => {
      if (marker === wanted && ++met === nth) throw new Killed();
    };
  };
  const published = (): string[] =>
    broker
      .all('items')
      .map(({ value }) => JSON.parse(String(value)) as Item)
      .map(({ id, at }) => `${id}@${at}`)
      .sort();
  const table = (): string[] => rows.map(({ id, at }) => `${id}@${at}`).sort();
  return { rows, broker, states, run, killAt, published, table };
};

describe('producers of one feed that do not share their state', () => {
  it('the second, without any state, sends nothing of what is in the topic', async () => {
    const on = system(2);
    await on.run(0, { onMarker: on.killAt('after-ack', 2) });
    await on.run(1);
    expect(on.published()).toEqual(on.table());
  });

  it('sends everything anew where it is not told that another may have been there', async () => {
    const on = system(2);
    await on.run(0);
    await on.run(1, { adopt: false });
    expect(on.published()).toHaveLength(24);
  });

  it('a request for a replay is one, also without any state', async () => {
    const on = system(2);
    await on.run(0);
    on.states[1]?.edit(null);
    await on.run(1);
    expect(on.published()).toHaveLength(24);
  });

  it('an old state that ended in an orderly way is told nothing about the other: the ends are waited for', async () => {
    const on = system(2);
    await on.run(0);
    expect(on.states[0]?.state()?.clean).toBe(true);
    on.rows.push({ id: 13, at: '2000' });
    await on.run(1, { onMarker: on.killAt('after-ack', 1) });
    // The killed one's last request reaches the broker a moment later.
    const late = { id: 14, at: '2001' };
    on.rows.push(late);
    let looks = 0;
    const reader = {
      ...on.broker.reader,
      async endOffsets(topic: string) {
        const ends = await on.broker.reader.endOffsets(topic);
        if (++looks === 1)
          await on.broker.publish(topic, [
            { partition: 0, records: [{ key: Buffer.from('14'), value: Buffer.from(JSON.stringify(late)) }] },
          ]);
        return ends;
      },
    };
    await on.run(0, {}, reader);
    expect(on.published()).toEqual(on.table());
  });

  it('waits until every replica answers: before that, records may be there that nobody can see', async () => {
    const on = system(1);
    await on.run(0, { onMarker: on.killAt('after-ack', 1) });
    const away = new BridgeError({ code: 'KAFKA_UNAVAILABLE', kind: 'transient', found: '', fix: '' });
    const reader = {
      ...on.broker.reader,
      inSyncAnswer: async () => {
        throw away;
      },
    };
    const before = on.published();
    await expect(on.run(0, {}, reader)).rejects.toBe(away);
    expect(on.published()).toEqual(before);
  });

  it('says so when the topic no longer holds what was published since', async () => {
    const on = system(1);
    await on.run(0, { onMarker: on.killAt('after-ack', 2) });
    const { log, lines } = rememberingLog();
    const reader = { ...on.broker.reader, startOffsets: on.broker.reader.endOffsets };
    await on.run(0, { log }, reader);
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)[0]).toMatch(/no longer holds all records/);
  });

  it('in any order of turns and kills, with rows that change between them, repeat nothing and lose nothing', async () => {
    const turn = fc.record({
      producer: fc.integer({ min: 0, max: 2 }),
      kill: fc.option(
        fc.record({
          marker: fc.constantFrom<FeedMarker>('before-publish', 'after-ack', 'after-save'),
          nth: fc.integer({ min: 1, max: 4 }),
        }),
      ),
      changed: fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 8 }), async (turns) => {
        const on = system(3);
        let clock = 2000;
        for (const { producer, kill, changed } of turns) {
          await on.run(producer, kill === null ? {} : { onMarker: on.killAt(kill.marker, kill.nth) });
          for (const id of changed) {
            const at = String(clock++);
            const place = on.rows.findIndex((row) => row.id === id);
            if (place < 0) on.rows.push({ id, at });
            else on.rows[place] = { id, at };
          }
        }
        await on.run(0);
        const published = on.published();
        expect(new Set(published).size).toBe(published.length);
        expect(published).toEqual(expect.arrayContaining(on.table()));
      }),
      { numRuns: 300 },
    );
  });
});

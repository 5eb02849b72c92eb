import { z } from 'zod';
import { json } from '../../src/adapters/json/check.js';
import { jsonCodec } from '../../src/adapters/json/index.js';
import type { Publish } from '../../src/core/broker.js';
import { BridgeError } from '../../src/core/errors.js';
import { type GeneratorRun, runGenerator } from '../../src/core/generate.js';
import type { Topic } from '../../src/core/topic.js';
import { failureOf } from '../contracts/failure.js';
import { memoryBroker, type PublishFate } from '../support/memory-broker.js';
import { rememberingLog, silentLog } from '../support/silent-log.js';

const step = z.strictObject({ id: z.int(), player: z.string() });
type Step = Readonly<z.infer<typeof step>>;

const steps: Topic<Step> = { name: 'steps', partitions: 3, format: json(step), key: ({ player }) => player };

/** Numbered from 1; `made` is how many were asked for. */
const numbered = (odd: (id: number) => unknown = (id) => id) => {
  const events = {
    made: 0,
    next: () => ({ done: false as const, value: { id: odd(++events.made), player: `p${events.made % 7}` } }),
  };
  return events as { made: number } & Iterator<Step, never>;
};

const generator = (fate?: (nth: number) => PublishFate, changes: Partial<GeneratorRun<Step>> = {}) => {
  let publishes = 0;
  const broker = memoryBroker(3, () => fate?.(++publishes) ?? { kind: 'ack' });
  const events = numbered();
  const acknowledged: number[] = [];
  const stop = new AbortController();
  const run = (): Promise<void> =>
    runGenerator<Step>({
      topic: steps,
      events,
      codec: jsonCodec,
      publish: broker.publish,
      eventsPerSecond: 0,
      log: silentLog,
      signal: stop.signal,
      onAcknowledged: (count) => void acknowledged.push(count),
      ...changes,
    });
  const ids = () => broker.all('steps').map(({ value }) => (JSON.parse(String(value)) as Step).id);
  return { broker, events, acknowledged, stop, run, ids, sum: () => acknowledged.reduce((a, b) => a + b, 0) };
};

const ascending = (ids: readonly number[]): number[] => [...ids].sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const away = (): BridgeError => new BridgeError({ code: 'KAFKA_UNAVAILABLE', kind: 'transient', found: 'Away.', fix: '' });

describe('a generator', () => {
  it.each([
    ['the codec says what is wrong with it', json(step), 'player'],
    ['the codec does not mind', json(z.looseObject({ id: z.int() })), "has no key for 'steps'"],
  ])('goes on after an event without the field of its key; %s', async (_case, format, reason) => {
    const events = numbered();
    const without = {
      next() {
        if (events.made !== 1) return events.next();
        events.made++;
        return { value: { id: 2 } };
      },
    };
    const topic = { ...steps, format } as unknown as Topic<Step>;
    const { run, ids, sum, broker } = generator(undefined, { count: 4, topic, events: without as never });
    await run();
    expect([ascending(ids()), sum()]).toEqual([[1, 3, 4], 3]);
    const [letter, ...more] = broker.all('steps.dead-letter');
    expect([letter?.key, more, letter?.headers?.['rowbridge.reason']?.toString()]).toEqual([
      null,
      [],
      expect.stringContaining(reason),
    ]);
  });

  it.each([0, 1, 4_999, 5_000, 5_001, 12_345])('publishes %d events, no more and no less', async (count) => {
    const { run, ids, sum, events } = generator(undefined, { count });
    await run();
    expect(ascending(ids())).toEqual(upTo(count));
    expect(sum()).toBe(count);
    expect(events.made).toBe(count);
  });

  it('keeps the order of each key, in the partition of that key', async () => {
    const { run, broker } = generator(undefined, { count: 6_000 });
    await run();
    const byPlayer = new Map<string, { partition: number; id: number }[]>();
    for (const { key, value, partition } of broker.all('steps')) {
      const { id } = JSON.parse(String(value)) as Step;
      byPlayer.set(String(key), [...(byPlayer.get(String(key)) ?? []), { partition, id }]);
    }
    expect(byPlayer.size).toBe(7);
    for (const found of byPlayer.values()) {
      expect(new Set(found.map(({ partition }) => partition)).size).toBe(1);
      expect(found.map(({ id }) => id)).toEqual(ascending(found.map(({ id }) => id)));
    }
  });

  it('keeps to its rate', async () => {
    const { run, sum } = generator(undefined, { eventsPerSecond: 200, count: 41 });
    const began = performance.now();
    await run();
    expect(performance.now() - began).toBeGreaterThanOrEqual(195);
    expect(sum()).toBe(41);
  });

  it('goes on without end until it is told to stop', async () => {
    const { run, stop, ids, sum, events } = generator((nth) => {
      if (nth === 3) stop.abort();
      return { kind: 'ack' };
    });
    await run();
    expect(events.made).toBe(15_000);
    expect(ids()).toHaveLength(15_000);
    expect(sum()).toBe(15_000);
  });

  it('stopped while a batch is under way, waits for its acknowledgement and counts it', async () => {
    const { run, stop, ids, sum, broker } = generator(undefined, {
      publish: async (...args) => {
        stop.abort();
        await new Promise((resolve) => setTimeout(resolve, 20));
        return broker.publish(...args);
      },
    });
    await run();
    expect(ids()).toHaveLength(5_000);
    expect(sum()).toBe(5_000);
  });

  it('stopped before it began, makes nothing', async () => {
    const { run, stop, ids, events } = generator(undefined, { eventsPerSecond: 10 });
    stop.abort();
    await run();
    expect([ids(), events.made]).toEqual([[], 0]);
  });

  it('stopped while it waits for its turn, ends at once', async () => {
    const { run, stop, ids } = generator(undefined, { eventsPerSecond: 0.001 });
    setTimeout(() => stop.abort(), 20);
    const began = performance.now();
    await run();
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(ids()).toEqual([1]);
  });

  it('sends the same batch again where its fate is not known, and counts it once', async () => {
    const { run, ids, sum, events } = generator((nth) => (nth === 2 ? { kind: 'break', after: 3_500 } : { kind: 'ack' }), {
      count: 12_000,
    });
    await run();
    expect(events.made).toBe(12_000);
    expect([...new Set(ascending(ids()))]).toEqual(upTo(12_000));
    expect(ids().length).toBeGreaterThan(12_000);
    expect(sum()).toBe(12_000);
  });

  it('stopped while the broker is away, ends and counts nothing of the batch in hand', async () => {
    const { run, stop, sum } = generator((nth) => {
      if (nth === 2) setTimeout(() => stop.abort(), 10);
      return nth === 1 ? { kind: 'ack' } : { kind: 'break', after: 0 };
    });
    await run();
    expect(sum()).toBe(5_000);
  });

  it('gives up on a broker that stays away for too long', async () => {
    const { run, sum } = generator((nth) => (nth === 1 ? { kind: 'ack' } : { kind: 'break', after: 0 }), { forMs: 50 });
    expect(await failureOf(run)).toMatchObject({ code: 'KAFKA_UNAVAILABLE', kind: 'environment' });
    expect(sum()).toBe(5_000);
  });

  it('gives up on a registry that is away where it is not to wait', async () => {
    const { run, events } = generator(undefined, { forMs: 0, codec: { open: () => Promise.reject(away()) } });
    expect(await failureOf(run)).toMatchObject({ kind: 'environment' });
    expect(events.made).toBe(0);
  });

  it('waits for a codec whose server is away', async () => {
    let tries = 0;
    const codec: typeof jsonCodec = { open: (topic) => (tries++ === 0 ? Promise.reject(away()) : jsonCodec.open(topic)) };
    const { run, sum } = generator(undefined, { count: 3, codec });
    await run();
    expect(sum()).toBe(3);
  });

  it('sends an event that does not fit to the dead letters with the reason, goes on, and does not count it', async () => {
    const { log, lines } = rememberingLog();
    const { run, ids, acknowledged, broker } = generator(undefined, {
      count: 10,
      log,
      events: numbered((id) => (id === 4 ? 'four' : id)),
    });
    await run();
    expect(ascending(ids())).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10]);
    expect(acknowledged).toEqual([9]);
    expect(broker.all('steps.dead-letter')).toMatchObject([{ partition: 0, key: Buffer.from('p4') }]);
    expect(lines).toMatchObject([
      { level: 'error', message: 'a value went to the dead letters', facts: { code: 'EVENT_INVALID' } },
    ]);
    expect(String(lines[0]?.facts.reason)).toContain("'id'");
  });

  it('tells the dead letters why', async () => {
    const sent: Parameters<Publish>[] = [];
    const publish: Publish = async (topic, batches) => {
      sent.push([topic, batches]);
      return new Map();
    };
    await generator(undefined, { count: 1, publish, events: numbered(() => 'one') }).run();
    expect(sent).toHaveLength(1);
    const [topic, batches] = sent[0] ?? [];
    expect(topic).toBe('steps.dead-letter');
    expect(batches?.[0]?.records[0]?.headers).toMatchObject({
      'rowbridge.topic': 'steps',
      'rowbridge.reason': expect.stringContaining("'id'"),
    });
  });

  it('ends with anything else that goes wrong', async () => {
    const broken = new BridgeError({ code: 'KAFKA_NOT_AUTHORIZED', kind: 'configuration', found: 'No.', fix: '' });
    const { run, sum } = generator(undefined, { publish: () => Promise.reject(broken) });
    expect(await failureOf(run)).toBe(broken);
    expect(sum()).toBe(0);
  });
});

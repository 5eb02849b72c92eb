import type { RecordTimestamp } from '../../../src/core/pipeline.js';
import { instanceLogs } from '../../../src/sinks/json-log/index.js';
import { results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];
const now = () => new Date('2026-11-21T01:22:33.456Z');
const ASIDE = 'consumer_log.json.2026-11-21T01-22-33Z';
const found = (timestamp: number): RecordTimestamp => ({ kind: 'found', timestamp });

describe('a topic that was made anew under its logs', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  const leave = async (instance: string, from: number, to: number, partition = 0): Promise<void> => {
    const sink = world.sink(instance);
    await sink.resume([{ topic: 'orders', partition }]);
    await sink.write(results(partition, from, to));
    await sink.close();
  };

  it.each<[string, RecordTimestamp]>([
    ['another record stands at the last offset', found(5)],
    ['it ends before the last offset', { kind: 'beyond' }],
  ])('is noticed when %s: the old log is set aside and a new one begun', async (_what, answer) => {
    await leave('w1', 0, 10);
    const old = await world.text('w1');
    world.topic.timestamp = () => answer;
    const sink = world.sink('w1', { now });
    expect(await sink.resume(assigned)).toEqual(new Map());
    expect(await world.text('w1', ASIDE)).toBe(old);
    expect(await world.text('w1')).toBe('');
    expect(world.warnings()).toEqual(['the topic was made anew: the old log is set aside and a new one begun']);
    world.topic.timestamp = (offset) => found(1_700_000_000_000 + Number(offset));
    await sink.write(results(0, 0, 2));
    await sink.close();
    expect(await world.sink('w1').resume(assigned)).toEqual(new Map([['orders/0', 2n]]));
    expect((await world.files('w1')).filter((name) => name.includes('fenced'))).toEqual([]);
  });

  it('overwrites no log that was set aside in the same second', async () => {
    for (const answer of [0, 1]) {
      await leave('w1', 0, 10);
      world.topic.timestamp = () => found(answer);
      const sink = world.sink('w1', { now });
      await sink.resume(assigned);
      await sink.close();
      world.topic.timestamp = (offset) => found(1_700_000_000_000 + Number(offset));
    }
    expect((await world.files('w1')).filter((name) => name.startsWith(ASIDE))).toEqual([ASIDE, `${ASIDE}-2`]);
  });

  it('is noticed by a partition that is no longer assigned', async () => {
    await leave('w1', 0, 10, 1);
    world.topic.timestamp = () => found(5);
    await world.sink('w1', { now }).resume(assigned);
    expect(await world.files('w1')).toContain(ASIDE);
  });

  it('is noticed while the worker runs: an offset comes again', async () => {
    const sink = world.sink('w1', { now });
    await sink.resume(assigned);
    await sink.write(results(0, 0, 10));
    world.topic.timestamp = () => ({ kind: 'beyond' });
    await expect(sink.write(results(0, 0, 3))).rejects.toMatchObject({ kind: 'transient', code: 'LOG_OFFSET_LOGGED' });
    expect(await sink.resume(assigned)).toEqual(new Map());
    await sink.write(results(0, 0, 3));
    expect(await world.offsets('w1')).toEqual([0, 1, 2]);
  });

  it('is no reason to write again what the log holds of other topics', async () => {
    const sink = world.sink('w1', { now });
    await sink.resume([...assigned, { topic: 'orders', partition: 1 }]);
    await sink.write([...results(0, 0, 10), ...results(1, 0, 4)]);
    world.topic.timestamp = (offset) => (offset === 9n ? { kind: 'beyond' } : found(1_700_000_000_000 + Number(offset)));
    expect(await sink.resume([...assigned, { topic: 'orders', partition: 1 }])).toEqual(new Map([['orders/1', 4n]]));
  });

  it('is believed to be the same where retention has removed the record', async () => {
    await leave('w1', 0, 10);
    world.topic.timestamp = () => ({ kind: 'gone' });
    expect(await world.sink('w1').resume(assigned)).toEqual(new Map([['orders/0', 10n]]));
    expect(world.warnings()).toEqual([]);
  });

  it('makes the lines in logs of others count for nothing, but not those of the new topic', async () => {
    await leave('w2', 0, 50);
    await leave('w3', 50, 60);
    await leave('w4', 60, 62);
    world.topic.timestamp = (offset) =>
      offset === 61n ? { kind: 'beyond' } : offset === 59n ? found(3) : found(1_700_000_000_000 + Number(offset));
    expect(await world.sink('w1').resume(assigned)).toEqual(new Map([['orders/0', 50n]]));
    expect((await instanceLogs(world.directory)).get('w4')?.get('orders/0')?.offset).toBe(61n);
  });

  it('of which nothing can be read is asked again later: nothing is set aside', async () => {
    await leave('w1', 0, 10);
    world.topic.timestamp = () => {
      throw Object.assign(new Error('no broker'), { name: 'KafkaJSError' });
    };
    await expect(world.sink('w1').resume(assigned)).rejects.toThrow('no broker');
    expect(await world.offsets('w1')).toHaveLength(10);
  });
});

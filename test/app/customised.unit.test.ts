import { customised } from '../../src/app/customised.js';
import { definePipeline, feed, type GeneratorSource, type Pipeline, type Row, table, worker } from '../../src/core/pipeline.js';
import { avro, type Topic } from '../../src/core/topic.js';
import { failureOf } from '../contracts/failure.js';
import { configWith } from '../support/config.js';

const topic = (name: string): Topic<Row> => ({ name, partitions: 3, format: avro(`${name}-value`), key: () => '' });

const generator = (name: string, changes: Partial<GeneratorSource> = {}): GeneratorSource => ({
  kind: 'generator',
  name,
  eventsPerSecond: 2,
  open: () => Promise.reject(new Error('not to be opened')),
  ...changes,
});

const [clicks, orders, products, elsewhere] = [topic('clicks'), topic('orders'), topic('products'), topic('elsewhere')];

const pipeline = definePipeline({
  summary: 'all kinds',
  feeds: [
    feed(generator('clicks'), clicks),
    feed(generator('orders', { count: 15 }), orders),
    feed(table('products', { cursor: 'at' }), products),
  ],
  workers: [
    worker('both', { from: [clicks, orders], transform: (one) => [one], sink: () => ({ write: async () => {} }) }),
    worker('others', { from: [products, elsewhere], transform: (one) => [one], sink: () => ({ write: async () => {} }) }),
  ],
});

const custom = (given: Readonly<Record<string, string>>): Pipeline => customised(pipeline, configWith(given));
const sourceOf = ({ feeds }: Pipeline, nth: number) => feeds[nth]?.source as GeneratorSource;

describe('a pipeline as the environment wants it', () => {
  it('is as it was where nothing is set', () => {
    expect(custom({})).toEqual(pipeline);
  });

  it('has other names and partitions of topics, and its workers read those', () => {
    const { feeds, workers } = custom({
      CLICKS_TOPIC: 'shop.clicks',
      CLICKS_PARTITIONS: '7',
      PRODUCTS_TOPIC: 'catalogue',
      ORDERS_PARTITIONS: '1',
    });
    expect(feeds.map((one) => [one.topic.name, one.topic.partitions])).toEqual([
      ['shop.clicks', 7],
      ['orders', 1],
      ['catalogue', 3],
    ]);
    expect(workers.map(({ from }) => from.map(({ name, partitions }) => [name, partitions]))).toEqual([
      [
        ['shop.clicks', 7],
        ['orders', 1],
      ],
      [
        ['catalogue', 3],
        ['elsewhere', 3],
      ],
    ]);
    // One object for both: what holds for the feed holds for the worker.
    expect(workers[0]?.from[0]).toBe(feeds[0]?.topic);
    expect(workers[0]?.from[1]).toBe(feeds[1]?.topic);
    expect(workers[1]?.from[0]).toBe(feeds[2]?.topic);
    expect(workers[1]?.from[1]).toBe(elsewhere);
  });

  it('keeps the format and the key of a topic', () => {
    const { topic: renamed } = custom({ CLICKS_TOPIC: 'x' }).feeds[0] ?? {};
    expect(renamed?.format).toBe(clicks.format);
    expect(renamed?.key).toBe(clicks.key);
  });

  it.each([
    ['500', 2],
    ['2000', 0.5],
    ['12.5', 80],
    ['0', 0],
  ])('has other delays of generators: %s ms', (delay, eventsPerSecond) => {
    expect(sourceOf(custom({ CLICKS_DELAY_MS: delay }), 0).eventsPerSecond).toBe(eventsPerSecond);
    expect(sourceOf(custom({ CLICKS_DELAY_MS: delay }), 1).eventsPerSecond).toBe(2);
  });

  it('has other counts of generators', () => {
    const made = custom({ CLICKS_COUNT: '40', ORDERS_COUNT: '0' });
    expect([sourceOf(made, 0).count, sourceOf(made, 1).count]).toEqual([40, 0]);
    expect(sourceOf(custom({ CLICKS_COUNT: '40' }), 1).count).toBe(15);
  });

  it('has a table as it was, whatever is said of its count and delay', () => {
    expect(custom({ PRODUCTS_COUNT: '5', PRODUCTS_DELAY_MS: '1' }).feeds[2]?.source).toBe(pipeline.feeds[2]?.source);
  });

  it('leaves the pipeline itself alone', () => {
    custom({ CLICKS_TOPIC: 'x', CLICKS_COUNT: '1', CLICKS_DELAY_MS: '1', CLICKS_PARTITIONS: '1' });
    expect(pipeline.feeds[0]).toMatchObject({ topic: { name: 'clicks', partitions: 3 }, source: { eventsPerSecond: 2 } });
    expect(pipeline.workers[0]?.from[0]).toBe(clicks);
  });

  it('is refused with the name of a variable that is not valid', async () => {
    const error = await failureOf(() => custom({ ORDERS_PARTITIONS: 'many' }));
    expect(error).toMatchObject({ code: 'SETTING_INVALID', kind: 'configuration' });
    expect(error.message).toContain('ORDERS_PARTITIONS');
  });
});

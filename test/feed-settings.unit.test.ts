import { feedSettings, feedVariable } from '../src/feed-settings.js';
import { failureOf } from './contracts/failure.js';
import { configWith } from './support/config.js';

const read = (given: Readonly<Record<string, string>>) => feedSettings(configWith(given), 'product-events');

describe('the variables of a feed', () => {
  it.each([
    ['products', 'PRODUCTS_TOPIC'],
    ['product-events', 'PRODUCT_EVENTS_TOPIC'],
    ['a.b_c d', 'A_B_C_D_TOPIC'],
  ])('are named after it: %s', (feed, name) => {
    expect(feedVariable(feed, 'TOPIC')).toBe(name);
  });

  it('are none unless they are set', () => {
    expect(read({})).toEqual({});
    expect(read({ PURCHASES_TOPIC: 'x', TOPIC: 'y', PRODUCT_EVENTS: 'z', PRODUCT_EVENTS_RATE: '1' })).toEqual({});
  });

  it('are read each for itself', () => {
    expect(read({ PRODUCT_EVENTS_TOPIC: 'shop.Events_1-x' })).toEqual({ topic: 'shop.Events_1-x' });
    expect(read({ PRODUCT_EVENTS_PARTITIONS: '12' })).toEqual({ partitions: 12 });
    expect(read({ PRODUCT_EVENTS_COUNT: '0' })).toEqual({ count: 0 });
    expect(read({ PRODUCT_EVENTS_DELAY_MS: '2.5' })).toEqual({ delayMs: 2.5 });
  });

  it('are read all together, whatever else is set', () => {
    const given = {
      PRODUCT_EVENTS_TOPIC: 'x',
      PRODUCT_EVENTS_PARTITIONS: ' 6 ',
      PRODUCT_EVENTS_COUNT: '40',
      PRODUCT_EVENTS_DELAY_MS: '0',
      PURCHASES_COUNT: 'not ours',
    };
    expect(read(given)).toEqual({ topic: 'x', partitions: 6, count: 40, delayMs: 0 });
  });

  it.each([
    ['TOPIC', 'a topic'],
    ['TOPIC', 'été'],
    ['TOPIC', 'a/b'],
    ['TOPIC', '.'],
    ['TOPIC', '..'],
    ['TOPIC', ' '],
    ['TOPIC', 'x'.repeat(238)],
    ['PARTITIONS', '0'],
    ['PARTITIONS', '-3'],
    ['PARTITIONS', '1.5'],
    ['PARTITIONS', 'three'],
    ['PARTITIONS', '1001'],
    ['PARTITIONS', ' '],
    ['COUNT', '-1'],
    ['COUNT', '1.5'],
    ['COUNT', 'all'],
    ['COUNT', ' '],
    ['COUNT', 'Infinity'],
    ['COUNT', '1e400'],
    ['DELAY_MS', '-1'],
    ['DELAY_MS', 'slow'],
    ['DELAY_MS', 'NaN'],
    ['DELAY_MS', '3600001'],
    ['DELAY_MS', '\t'],
  ] as const)('are refused by name where they are not valid: %s=%j', async (kind, value) => {
    const error = await failureOf(() => read({ [`PRODUCT_EVENTS_${kind}`]: value }));
    expect(error).toMatchObject({ code: 'SETTING_INVALID', kind: 'configuration' });
    expect(error.message).toContain(`PRODUCT_EVENTS_${kind} `);
    expect(error.message).not.toContain('undefined');
  });

  it('leave room in the name of a topic for that of its dead letters', () => {
    expect(read({ PRODUCT_EVENTS_TOPIC: 'x'.repeat(237) }).topic).toHaveLength(237);
  });
});

import { rm } from 'node:fs/promises';
import { type PipelineWorld, pipelineWorld, type Sent, stdoutLines } from '../../support/pipeline-world.js';
import { eventually } from '../../support/program.js';

type Order = { type: string; order_id: string; amount: number; status: string };

const produce = ['produce', 'clicks-and-orders', '--rate', '0'];
const analytics = ['consume', 'clicks-and-orders', 'analytics'];
const inventory = ['consume', 'clicks-and-orders', 'inventory'];

const ordersOf = (sent: readonly Sent[]): Order[] => sent.map(({ value }) => JSON.parse(value) as Order);

/** The sum in cents, by way of the digits. */
const centsIn = (orders: readonly Order[]): bigint =>
  orders.reduce((sum, { amount }) => sum + BigInt(amount.toFixed(2).replace('.', '')), 0n);

describe('clicks and orders, end to end', () => {
  let world: PipelineWorld;
  beforeEach(async () => {
    world = await pipelineWorld('clicks-and-orders', ['clicks', 'orders']);
  });
  afterEach(() => world.close());

  /** Runs inventory until it has every order, and gives what it keeps. */
  const counted = async (count: number) => {
    const program = world.run(inventory);
    await program.said('partitions assigned');
    const kept = await eventually(`${count} orders in the inventory`, 60_000, async () => {
      const content = await world.json('consumer_logs', 'inventory', 'inventory.json').catch(() => undefined);
      return Number(content?.count) >= count ? content : undefined;
    });
    expect(await program.stop()).toBe(0);
    return kept;
  };

  it('publishes events in the promised forms, and says how many were acknowledged', async () => {
    const { code, stdout } = await world.call([...produce, '--count', '40']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `clicks: 40 events acknowledged in ${world.topic('clicks')}\norders: 40 events acknowledged in ${world.topic('orders')}\n`,
    );
    const clicks = await world.sent('clicks');
    expect(clicks).toHaveLength(40);
    for (const { key, value } of clicks) {
      expect(value).toMatch(/^\{"type":"CLICK","user_id":"User_\d+","page":"\/[^"]*","timestamp":\d{10}(\.\d{1,6})?\}$/);
      expect(JSON.parse(value).user_id).toBe(key);
    }
    const orders = await world.sent('orders');
    expect(orders.map(({ value }) => JSON.parse(value).order_id).sort()).toEqual(
      Array.from({ length: 40 }, (_, n) => `ORD-${1001 + n}`),
    );
    for (const { value } of orders)
      expect(value).toMatch(/^\{"type":"ORDER","order_id":"ORD-\d+","amount":\d+(\.\d{1,2})?,"status":"VALIDATED"\}$/);
  });

  it('shows each message of both topics in analytics, with a dashboard of right numbers', async () => {
    await world.call([...produce, '--count', '60']);
    const { code, stdout } = await world.call([...analytics, '--max', '120']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').slice(0, -1);
    const received = lines.filter((line) => line.startsWith('[ANALYTICS]')).sort();
    const sent = await Promise.all(
      ['clicks', 'orders'].map(async (feed) =>
        (await world.sent(feed)).map(({ value }) => `[ANALYTICS] Received from ${world.topic(feed)}: ${value}`),
      ),
    );
    expect(received).toEqual(sent.flat().sort());
    const cents = centsIn(ordersOf(await world.sent('orders')));
    const revenue = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
    expect(lines.at(-1)).toMatch(/^\[DASHBOARD\] 60 clicks \(.+\) \| 60 orders \| revenue /);
    expect(lines.at(-1)?.endsWith(`revenue ${revenue}`)).toBe(true);
    const home = (await world.sent('clicks')).filter(({ value }) => JSON.parse(value).page === '/home').length;
    expect(lines.at(-1)).toContain(`/home ${home}`);
  });

  it('keeps what was ordered, exactly', async () => {
    await world.call([...produce, '--count', '200']);
    const kept = await counted(200);
    const orders = ordersOf(await world.sent('orders'));
    expect(kept).toMatchObject({ count: 200, amount: Number(centsIn(orders)) / 100 });
    expect(orders).toContainEqual(kept.last_order);
    // All is read already: nothing is counted again.
    expect(await counted(200)).toEqual(kept);
  });

  it.each(['before-write', 'after-write', 'after-commit'])('counts exactly after a kill %s', async (marker) => {
    await world.call([...produce, '--count', '300']);
    const victim = world.run(inventory, { ROWBRIDGE_TEST_KILL_AT: `${marker}:2` });
    expect(await victim.ended()).toBe('SIGKILL');
    await world.call([...produce, '--count', '50']);
    const kept = await counted(350);
    expect(kept).toMatchObject({ count: 350, amount: Number(centsIn(ordersOf(await world.sent('orders')))) / 100 });
  });

  it('counts everything again when its file was deleted, or when it is told to', async () => {
    await world.call([...produce, '--count', '30']);
    const kept = await counted(30);
    await rm(`${world.logs}/inventory/inventory.json`);
    expect(await counted(30)).toEqual(kept);
    expect((await world.call([...inventory, '--from', 'beginning', '--max', '30'])).code).toBe(0);
    expect(await world.json('consumer_logs', 'inventory', 'inventory.json')).toEqual(kept);
  });

  it('keeps the two groups apart: one that stands still does not hold up the other, and misses nothing', async () => {
    const slow = world.run([...analytics, '--json']);
    await slow.said('partitions assigned');
    await world.call([...produce, '--count', '10']);
    await stdoutLines(slow, 20);
    slow.signal('SIGSTOP');
    await world.call([...produce, '--count', '500']);
    expect(await counted(510)).toMatchObject({ count: 510 });
    expect(slow.stdout().split('\n')).toHaveLength(21);
    slow.signal('SIGCONT');
    const lines = (await stdoutLines(slow, 1020)).map((line) => JSON.parse(line)._kafka);
    expect(await slow.stop()).toBe(0);
    const places = new Set(lines.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`));
    expect(places.size).toBe(1020);
  }, 150_000);

  it('refuses a second inventory, which would keep a sum of its own', async () => {
    const first = world.run(inventory);
    await first.said('partitions assigned');
    const { code, stderr } = await world.call(inventory);
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('LOG_LOCKED') });
    expect(await first.stop()).toBe(0);
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { clean, readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';
import { silentLog } from '../support/silent-log.js';
import { freshWorld, type World } from '../support/world.js';

const TOPIC = 'product_updates';

describe('logs and dead letters of the built program', () => {
  let world: World;

  beforeAll(async () => {
    world = await freshWorld('logs');
  }, 120_000);

  afterAll(() => world?.close());

  const pathOf = (instance: string) => join(world.logs, instance, 'consumer_log.json');
  const allLines = () => [...readLogs(world.logs).values()].flat();
  const json = async (args: readonly string[], code = 0) => {
    const done = await world.call([...args, '--json']);
    expect([args, done.code, done.stderr]).toEqual([args, code, expect.any(String)]);
    return JSON.parse(done.stdout);
  };
  /** Runs one worker until it has handled everything. */
  const drain = async (env: Readonly<Record<string, string>> = {}): Promise<number | string> => {
    const worker = world.run(['consume', 'products', '--instance', 'consumer_1'], env);
    let ended: number | string | undefined;
    void worker.ended(90_000).then((code) => {
      ended = code;
    });
    await eventually('an end of the lag', 60_000, async () => {
      if (ended !== undefined) return true;
      const { workers } = await json(['status', 'products']);
      const parts = workers.flatMap(({ partitions }: { partitions: { lag: number }[] }) => partitions);
      return parts.length === 10 && parts.every(({ lag }: { lag: number }) => lag === 0) ? true : undefined;
    });
    return ended ?? worker.stop();
  };

  const onKafka = async <T>(
    use: (reader: ReturnType<typeof kafkaReader>, publisher: ReturnType<typeof kafkaPublisher>) => Promise<T>,
  ) => {
    const kafka = kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog });
    const [reader, publisher] = [kafkaReader(kafka), kafkaPublisher(kafka)];
    try {
      return await use(reader, publisher);
    } finally {
      await reader.close();
      await publisher.close();
    }
  };

  it('finds a damaged line, refuses to run over it, and reads it again from the topic', async () => {
    expect((await json(['logs', 'check'])).findings).toEqual([]);
    const whole = readFileSync(pathOf('consumer_1'), 'utf8');
    const lines = whole.split('\n');
    writeFileSync(pathOf('consumer_1'), [lines[0], '{"id":1,"name":"half', 'hello', ...lines.slice(2)].join('\n'));
    writeFileSync(join(world.logs, 'consumer_1', 'consumer_log.index.json'), '');
    const { findings } = await json(['logs', 'check', 'products'], 1);
    expect(findings).toMatchObject([
      { instance: 'consumer_1', file: pathOf('consumer_1'), line: 2, at: (lines[0]?.length ?? 0) + 1, kind: 'foreign' },
    ]);
    const refused = await world.call(['consume', 'products', '--instance', 'consumer_1']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('LOG_BROKEN')]);
    const before = readFileSync(pathOf('consumer_1'), 'utf8');
    expect(await json(['logs', 'repair', '--dry-run'])).toMatchObject({ damages: 1, recordsReadAgain: 1, mended: [] });
    expect(readFileSync(pathOf('consumer_1'), 'utf8')).toBe(before);
    const mended = await world.call(['logs', 'repair', '--yes']);
    expect([mended.code, mended.stdout]).toEqual([0, expect.stringContaining('1 lines were read again')]);
    expect(readFileSync(pathOf('consumer_1'), 'utf8')).toBe(whole);
    expect((await json(['logs', 'check'])).findings).toEqual([]);
    expect(await world.verdict()).toMatchObject(clean);
  });

  it('asks before it repairs', async () => {
    const whole = readFileSync(pathOf('consumer_2'), 'utf8');
    writeFileSync(pathOf('consumer_2'), `hello\n${whole}`);
    writeFileSync(join(world.logs, 'consumer_2', 'consumer_log.index.json'), '');
    const asked = await world.call(['logs', 'repair']);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('CONFIRMATION_MISSING')]);
    expect((await world.call(['logs', 'repair', '--yes'])).code).toBe(0);
    expect(readFileSync(pathOf('consumer_2'), 'utf8')).toBe(whole);
  });

  it('rotates the logs of stopped and of running workers, and every record stays once in all logs together', async () => {
    const rotated = await json(['logs', 'rotate']);
    expect(Object.values(rotated)).toHaveLength(5);
    expect(Object.values(rotated)).toEqual(Array(5).fill({ kind: 'rotated', file: expect.stringContaining('consumer_log.2') }));
    expect(await world.verdict()).toMatchObject({ ...clean, lines: 50 });
    await world.sql('UPDATE products SET price = price + 1');
    const produced = world.run(['produce', 'products']);
    await eventually('50 more records', 60_000, async () => {
      const { feeds } = await json(['status', 'products']);
      return feeds[0].rowsWaiting === 0 ? true : undefined;
    });
    expect(await produced.stop()).toBe(0);
    // Killed between the write and the commit, while it rotates after each batch.
    expect(await drain({ LOG_ROTATE_BYTES: '200', ROWBRIDGE_TEST_KILL_AT: 'after-write:2' })).toBe('SIGKILL');
    expect(await drain({ LOG_ROTATE_BYTES: '200' })).toBe(0);
    expect(readdirSync(join(world.logs, 'consumer_1')).filter((name) => /^consumer_log\.\d/.test(name)).length).toBeGreaterThan(
      2,
    );
    expect((await json(['logs', 'check'])).findings).toEqual([]);
    expect(await world.verdict()).toMatchObject({ ...clean, lines: 100 });
  }, 180_000);

  it('halts at the limit of dead letters with nothing lost, and goes on without it', async () => {
    await onKafka((_reader, { publish }) =>
      publish(TOPIC, [{ partition: 3, records: [{ key: Buffer.from('x'), value: Buffer.from('\u001b[2Jpoison') }] }]),
    );
    const halted = await world.call(['consume', 'products', '--instance', 'consumer_1', '--max-dead-letters', '0']);
    expect([halted.code, halted.stderr]).toEqual([1, expect.stringContaining('TOO_MANY_DEAD_LETTERS')]);
    expect((await json(['dlq', 'list']))[TOPIC]).toEqual([]);
    expect(await drain()).toBe(0);
    expect((await json(['dlq', 'list']))[TOPIC]).toMatchObject([
      { group: 'product_workers', count: 1, waiting: 1, hasBytes: true },
    ]);
  }, 120_000);

  it('shows a dead letter, harmless on a terminal', async () => {
    const shown = await world.call(['dlq', 'show']);
    expect(shown.stdout).toContain(`hex ${Buffer.from('\u001b[2Jpoison').toString('hex')}`);
    expect(shown.stdout).not.toContain('\u001b');
    expect(JSON.parse((await world.call(['dlq', 'show', '--json'])).stdout)).toMatchObject({
      topic: TOPIC,
      partition: 3,
      key: { text: 'x' },
      value: { base64: Buffer.from('\u001b[2Jpoison').toString('base64') },
      sentAgain: false,
    });
  });

  it('sends dead letters again exactly once, also when it is killed between acknowledgement and commit', async () => {
    // As if an older version of the worker had not been able to read the first record of partition 0.
    await onKafka(async (reader, { publish }) => {
      for await (const [record] of reader.readRange({ topic: TOPIC, partition: 0 }, 0n, 1n)) {
        const headers = {
          'rowbridge.reason': 'a fault that is mended',
          'rowbridge.topic': TOPIC,
          'rowbridge.partition': '0',
          'rowbridge.offset': '0',
          'rowbridge.group': 'product_workers',
        };
        await publish(`${TOPIC}.dead-letter`, [
          { partition: 0, records: [{ key: record?.key ?? null, value: record?.value ?? null, headers }] },
        ]);
      }
    });
    const before = allLines().length;
    const killed = await world.call(['dlq', 'retry', 'products'], { ROWBRIDGE_TEST_KILL_AT: 'retry-after-ack' });
    expect(killed.code).toBe('SIGKILL');
    expect(await json(['dlq', 'retry', 'products', TOPIC])).toEqual({ [TOPIC]: { retried: 0, already: 2, withoutBytes: 0 } });
    expect(await json(['dlq', 'retry', 'products', TOPIC])).toEqual({ [TOPIC]: { retried: 0, already: 0, withoutBytes: 0 } });
    expect(await drain()).toBe(0);
    expect(allLines().length).toBe(before + 1);
    // The poison is as bad as before: a new letter.
    expect((await json(['dlq', 'list']))[TOPIC].reduce((sum: number, { waiting }: { waiting: number }) => sum + waiting, 0)).toBe(
      1,
    );
  }, 180_000);
});

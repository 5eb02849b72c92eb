import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { clean, readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';
import { silentLog } from '../support/silent-log.js';
import { freshWorld, type World } from '../support/world.js';

const NOWHERE = '1';

let world: World;
beforeAll(async () => {
  world = await freshWorld('bad');
}, 120_000);
afterAll(async () => world.close());

type Expected = Readonly<{ code: number; says: RegExp }>;

const expectRefusal = async (
  args: readonly string[],
  { code, says }: Expected,
  env?: Readonly<Record<string, string>>,
): Promise<void> => {
  const result = await world.call(args, env);
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code, stderr: expect.stringMatching(says) });
  expect(result.stderr).not.toMatch(/UNEXPECTED|^\s+at /m);
};

describe('words that are wrong', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown pipeline', ['produce', 'product'], /PIPELINE_UNKNOWN.*\n.*Did you mean 'products'/],
    ['an unknown command', ['prodce', 'products'], /unknown command.*\n.*produce/],
    ['an unknown option', ['update', 'products', '--rat', '5'], /unknown option.*\n.*--rate/],
    ['an unknown instance name', ['consume', 'products', '--instance', 'Consumer 1'], /OPTION_INVALID.*a-z, 0-9/],
    ['no instance name', ['consume', 'products'], /INSTANCE_MISSING/],
    ['a rate that is no number', ['update', 'products', '--rate', 'fast'], /OPTION_INVALID.*'fast'/],
    [
      'a replay from a time with a zone',
      ['replay', 'products', '--from', '2026-11-21 01:00:00+02:00', '--yes'],
      /REPLAY_TIME_INVALID/,
    ],
    ['a replay from the future', ['replay', 'products', '--from', '9999-01-01', '--yes'], /REPLAY_TIME_INVALID/],
    ['a replay without a terminal to ask on', ['replay', 'products'], /CONFIRMATION_MISSING/],
    ['--fresh on given servers without --yes', ['up', '--fresh'], /FRESH_NEEDS_YES/],
  ])('%s: exit 2', async (_what, args, says) => expectRefusal(args, { code: 2, says }));

  it('a server variable that is missing is named: exit 2', async () => {
    const result = await world.call(['up', '--once'], { MYSQL_HOST: '', KAFKA_BROKERS: '' });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(/SETTINGS_MISSING.*KAFKA_BROKERS, MYSQL_HOST/) });
  });

  it('a setting that is not valid is named: exit 2', async () =>
    expectRefusal(['produce', 'products'], { code: 2, says: /SETTING_INVALID.*POLL_INTERVAL_MS/ }, { POLL_INTERVAL_MS: 'soon' }));
});

describe('servers that are away or refuse', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['MySQL', { MYSQL_PORT: NOWHERE }, /MYSQL_UNAVAILABLE/],
    ['Kafka', { KAFKA_BROKERS: `127.0.0.1:${NOWHERE}` }, /KAFKA_UNAVAILABLE/],
    ['the registry', { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${NOWHERE}` }, /REGISTRY_UNAVAILABLE/],
  ])('%s down, --no-wait: exit 3', async (_what, env, says) =>
    expectRefusal(['produce', 'products', '--no-wait'], { code: 3, says }, env),
  );

  it('MySQL down at the start: waits, and stops cleanly when told to', async () => {
    const producer = world.run(['produce', 'products'], { MYSQL_PORT: NOWHERE });
    await producer.said('waiting for a server');
    expect(await producer.stop()).toBe(0);
  });

  it('a one-shot command gives up after 15 s: exit 3', async () =>
    expectRefusal(['status'], { code: 3, says: /MYSQL_UNAVAILABLE/ }, { MYSQL_PORT: NOWHERE }));

  it('wrong credentials: exit 2', async () =>
    expectRefusal(['produce', 'products'], { code: 2, says: /MYSQL_ACCESS_DENIED/ }, { MYSQL_PASSWORD: 'wrong' }));
});

describe('a table that cannot be captured', () => {
  const stamp = 'TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';
  const mend = async (statement: string) => world.sql(`ALTER TABLE products ${statement}`);

  it('no right to read it: exit 2', async () => {
    const [user, database] = [world.env.MYSQL_USER, world.env.MYSQL_DATABASE];
    await world.sql("REVOKE SELECT ON ??.products FROM ?@'%'", [database, user]);
    await expectRefusal(['produce', 'products'], { code: 2, says: /TABLE_MISSING|MYSQL_ACCESS_DENIED|MYSQL_GRANT_MISSING/ });
    expect((await world.call(['setup'])).code).toBe(0);
  });

  it('the table missing: exit 2', async () => {
    await world.sql('RENAME TABLE products TO elsewhere');
    await expectRefusal(['produce', 'products'], { code: 2, says: /TABLE_MISSING/ });
    await world.sql('RENAME TABLE elsewhere TO products');
  });

  it('the cursor column missing: exit 2', async () => {
    await mend(`CHANGE last_updated changed_at ${stamp}`);
    await expectRefusal(['produce', 'products'], { code: 2, says: /CURSOR_COLUMN_MISSING.*changed_at/ });
    await mend(`CHANGE changed_at last_updated ${stamp}`);
  });

  it('the cursor column nullable: exit 2, with the statement that mends it', async () => {
    await mend('MODIFY last_updated TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6)');
    await expectRefusal(['produce', 'products'], { code: 2, says: /CURSOR_NULLABLE[\s\S]*ALTER TABLE/ });
    await mend(`MODIFY last_updated ${stamp}`);
  });

  it('a column that does not fit the schema: exit 2, naming it', async () => {
    await mend('MODIFY price DECIMAL(12,4) NOT NULL');
    await expectRefusal(['produce', 'products'], { code: 2, says: /SCHEMA_DOES_NOT_FIT_TABLE.*price/ });
    await mend('MODIFY price DECIMAL(10,2) NOT NULL');
  });

  it('no index, and a column that the application stamps: goes on, says so, and is best-effort', async () => {
    await mend('DROP INDEX products_last_updated_id_index').catch(async () => {
      const [row] = await world.sql(
        "SELECT INDEX_NAME n FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'products' AND COLUMN_NAME = 'last_updated' LIMIT 1",
      );
      await world.sql('ALTER TABLE products DROP INDEX ??', [row?.n]);
    });
    await mend('MODIFY last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)');
    const producer = world.run(['produce', 'products']);
    await producer.said('no index on cursor and key');
    await producer.said('"guarantee":"best-effort"');
    expect(await producer.stop()).toBe(0);
    await mend(`MODIFY last_updated ${stamp}, ADD INDEX (last_updated, id)`);
  });
});

describe('files that are wrong', () => {
  it('a state file that is not understood: exit 2, left as it is', async () => {
    const before = await readFile(world.stateFile, 'utf8');
    await writeFile(world.stateFile, '{"last_read');
    await expectRefusal(['produce', 'products'], { code: 2, says: /STATE_INVALID/ });
    expect(await readFile(world.stateFile, 'utf8')).toBe('{"last_read');
    await writeFile(world.stateFile, before);
  });

  it('a state in the future: exit 2 with both times', async () => {
    const before = await readFile(world.stateFile, 'utf8');
    await writeFile(world.stateFile, '{"last_read_timestamp":"9999-01-01 00:00:00"}');
    await expectRefusal(['produce', 'products'], { code: 2, says: /POSITION_IN_FUTURE.*9999-01-01.*clock is at 2/ });
    await writeFile(world.stateFile, before);
  });

  it('a directory that cannot be written: exit 3', async () => {
    const file = join(world.directory, 'a-file');
    await writeFile(file, '');
    await expectRefusal(
      ['produce', 'products'],
      { code: 3, says: /DIRECTORY_NOT_WRITABLE|STATE_NOT_READABLE/ },
      { STATE_DIR: join(file, 'state') },
    );
    const consume = ['consume', 'products', '--instance', 'consumer_1'];
    await expectRefusal(consume, { code: 3, says: /DIRECTORY_NOT_WRITABLE/ }, { CONSUMER_LOGS_DIR: join(file, 'logs') });
  });

  it('a broken line in the middle of a log: exit 1, naming file and line', async () => {
    const directory = join(world.directory, 'broken', 'consumer_9');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'consumer_log.json'), '{"id":1,\n{"id":2}\n{"id":3}\n');
    const consume = ['consume', 'products', '--instance', 'consumer_9'];
    await expectRefusal(
      consume,
      { code: 1, says: /LOG_BROKEN: Line 1 of .*consumer_9.consumer_log\.json/ },
      { CONSUMER_LOGS_DIR: join(world.directory, 'broken') },
    );
  });
});

describe('a second one', () => {
  it('producer on the feed: exit 3, and says which process holds it', async () => {
    const first = world.run(['produce', 'products']);
    await first.said('"msg":"guarantee"');
    await expectRefusal(['produce', 'products'], { code: 3, says: new RegExp(`FEED_LOCKED.*process ${first.child.pid} `) });
    expect(await first.stop()).toBe(0);
  });

  it('worker on one log: exit 3, and says which process holds it', async () => {
    const consume = ['consume', 'products', '--instance', 'consumer_1'];
    const first = world.run(consume);
    await first.said('partitions assigned');
    await expectRefusal(consume, { code: 3, says: new RegExp(`LOG_LOCKED.*${first.child.pid}`) });
    expect(await first.stop()).toBe(0);
  });
});

describe('records that are wrong', () => {
  it('go to the dead letters with origin and bytes, a tombstone becomes a delete, and the worker goes on', async () => {
    const kafka = kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog });
    const producer = kafka.producer();
    await producer.connect();
    const poison = [Buffer.alloc(0), Buffer.from('not avro'), Buffer.from([0, 0, 0, 0, 1]), Buffer.from([0, 0, 1, 0, 0, 2])];
    const messages = poison.map((value, index) => ({ key: `poison ${index}`, value, partition: 3 }));
    await producer.send({ topic: 'product_updates', messages: [...messages, { key: '7', value: null, partition: 3 }] });
    await producer.disconnect();
    const worker = world.run(['consume', 'products', '--instance', 'consumer_1']);
    const deleted = await eventually('the delete in a log', 40_000, () =>
      [...readLogs(world.logs).values()].flat().find((line) => line.deleted === true),
    );
    expect(await worker.stop()).toBe(0);
    expect(deleted.text).toMatch(/^\{"id":7,"deleted":true,"_kafka":\{"topic":"product_updates","partition":3,/);
    const consumer = kafka.consumer({ groupId: `dead-${Date.now()}` });
    const dead: { key: string; value: Buffer | null; headers: Record<string, string> }[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic: 'product_updates.dead-letter', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        dead.push({
          key: String(key),
          value,
          headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])),
        });
      },
    });
    await eventually('the dead letters', 60_000, () => (dead.length >= poison.length ? true : undefined));
    await consumer.disconnect();
    expect(dead.map(({ value }) => value)).toEqual(poison);
    for (const { headers } of dead)
      expect(headers).toMatchObject({
        'rowbridge.reason': expect.stringMatching(/./),
        'rowbridge.topic': 'product_updates',
        'rowbridge.partition': '3',
        'rowbridge.offset': expect.stringMatching(/^\d+$/),
      });
  }, 90_000);

  it('leave the rest as it should be', async () => {
    const verdict = await world.verdict();
    expect({ ...verdict, missing: [] }).toMatchObject({ ...clean, repeated: expect.any(Array) });
  });
});

describe('a topic', () => {
  it('with another partition count: exit 2', async () => {
    const admin = kafkaAdmin(kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog }));
    await admin.deleteTopics(['product_updates']);
    await admin.ensureTopics([{ name: 'product_updates', partitions: 3 }]);
    await expectRefusal(['setup'], { code: 2, says: /TOPIC_PARTITIONS_DIFFER.*3 partitions/ });
    await expectRefusal(['produce', 'products'], { code: 2, says: /TOPIC_PARTITIONS_DIFFER/ });
    await admin.deleteTopics(['product_updates']);
    await admin.ensureTopics([{ name: 'product_updates', partitions: 10 }]);
    await admin.close();
    await expectRefusal(['produce', 'products'], { code: 1, says: /TOPIC_REPLACED/ });
  });
});

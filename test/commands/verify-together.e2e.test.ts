import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { readLogs } from '../support/oracle.js';
import { silentLog } from '../support/silent-log.js';
import { freshWorld, type World } from '../support/world.js';

const TOPIC = 'product_updates';

type Topic = Readonly<{
  findings: Readonly<Record<string, Readonly<{ count: number }> | null>>;
  table: Readonly<{ rows: number }>;
  records: Readonly<{ judged: number; dead: number; retries: number; away: number }>;
  logs: Readonly<{ lines: number; files: number; away: readonly string[] }>;
}>;

describe('verify together with the other commands', () => {
  let world: World;
  beforeAll(async () => {
    world = await freshWorld('together');
  }, 240_000);
  afterAll(() => world?.close());

  const verify = async (...options: string[]): Promise<Topic & Readonly<{ code: number | string }>> => {
    const { code, stdout, stderr } = await world.call(['verify', '--json', ...options]);
    if (stdout === '') throw new Error(`verify ended with ${code}: ${stderr}`);
    return { ...(JSON.parse(stdout).topics[0] as Topic), code };
  };
  /** The counts that are not 0. */
  const wrong = ({ code, findings }: Awaited<ReturnType<typeof verify>>) => ({
    code,
    ...Object.fromEntries(Object.entries(findings).flatMap(([kind, found]) => (found?.count ? [[kind, found.count]] : []))),
  });
  const clean = { code: 0 };
  /** With and without --deep. */
  const both = async () => [wrong(await verify()), wrong(await verify('--deep'))];

  const done = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, stdout, stderr } = await world.call(args, env);
    expect([args, code, stderr]).toEqual([args, 0, expect.any(String)]);
    return stdout;
  };
  /** Captures and logs all that is there. */
  const catchUp = () => done(['up', '--once']);

  const onKafka = async (
    use: (reader: ReturnType<typeof kafkaReader>, publisher: ReturnType<typeof kafkaPublisher>) => unknown,
  ) => {
    const kafka = kafkaClient({ brokers: (world.env.KAFKA_BROKERS ?? '').split(','), clientId: 'test', log: silentLog });
    const [reader, publisher] = [kafkaReader(kafka), kafkaPublisher(kafka)];
    try {
      await use(reader, publisher);
    } finally {
      await reader.close();
      await publisher.close();
    }
  };
  /** As if a group had not been able to handle a record. */
  const deadLetter = (partition: number, offset: number, group: string) =>
    onKafka(async (reader, { publish }) => {
      for await (const [record] of reader.readRange({ topic: TOPIC, partition }, BigInt(offset), BigInt(offset) + 1n)) {
        const headers = {
          'rowbridge.reason': 'a fault that is mended',
          'rowbridge.topic': TOPIC,
          'rowbridge.partition': String(partition),
          'rowbridge.offset': String(offset),
          'rowbridge.group': group,
        };
        const { key = null, value = null } = record ?? {};
        await publish(`${TOPIC}.dead-letter`, [{ partition: 0, records: [{ key, value, headers }] }]);
      }
    });
  /** A line, and the log that it stands in, which may have been rotated. */
  const aLine = () => {
    const [instance, lines] = [...readLogs(world.logs)].find(([, all]) => all.length > 2) ?? ['', []];
    const line = lines[1];
    const directory = join(world.logs, instance);
    const names = readdirSync(directory).filter((name) => /^consumer_log\.(\d.*)?json$/.test(name));
    const path = names
      .map((name) => join(directory, name))
      .find((file) => readFileSync(file, 'utf8').includes(line?.text ?? '\0'));
    if (line === undefined || path === undefined) throw new Error('no log has three lines');
    return { path, line };
  };
  const without = async (path: string, text: string) => writeFile(path, (await readFile(path, 'utf8')).replace(`${text}\n`, ''));

  it('a record that is sent again is no duplicate and not out of order, for whichever group it is', async () => {
    const { path, line } = aLine();
    const { partition, offset } = line._kafka;
    // It went to the dead letters, and its row has changed since.
    await without(path, line.text);
    await deadLetter(partition, offset, 'product_workers');
    await world.sql('UPDATE products SET price = price + 1');
    await catchUp();
    expect(await both()).toEqual([clean, clean]);
    await deadLetter(partition, offset + 1, 'some_other_group');
    expect(JSON.parse(await done(['dlq', 'retry', '--json']))[TOPIC]).toEqual({ retried: 2, already: 0, withoutBytes: 0 });
    // Not handled yet.
    expect(wrong(await verify('--wait', '0'))).toEqual({ code: 1, lag: 1 });
    await catchUp();
    expect(await both()).toEqual([clean, clean]);
    expect((await verify()).records).toMatchObject({ judged: 102, dead: 1, retries: 2 });
    expect((await verify()).logs.lines).toBe(100);
  }, 180_000);

  it('a record that another group could not handle has to be in the logs all the same', async () => {
    const { path, line } = aLine();
    const whole = await readFile(path, 'utf8');
    await without(path, line.text);
    await deadLetter(line._kafka.partition, line._kafka.offset, 'some_other_group');
    expect(wrong(await verify())).toMatchObject({ code: 1, gap: 1 });
    await writeFile(path, whole);
    expect(wrong(await verify())).toEqual(clean);
  }, 90_000);

  it('reads rotated logs; those that are packed or moved away are named, and what may be in them is not called lost', async () => {
    await done(['logs', 'rotate', '--json']);
    await world.sql('UPDATE products SET price = price + 1');
    await catchUp();
    const before = await verify('--deep');
    expect([wrong(before), before.logs]).toEqual([clean, { lines: 150, files: 10, removed: 0, away: [] }]);
    const directory = join(world.logs, 'consumer_1');
    const rotated = (await readdir(directory)).find((name) => /^consumer_log\.\d/.test(name)) ?? '';
    const lines = (await readFile(join(directory, rotated), 'utf8')).split('\n').length - 1;
    await rename(join(directory, rotated), join(world.directory, rotated));
    const after = await verify('--deep');
    expect([wrong(after), after.records.away, after.logs]).toEqual([
      clean,
      lines,
      { lines: 150 - lines, files: 9, removed: 0, away: [join('consumer_1', rotated)] },
    ]);
    const text = await done(['verify']);
    expect(text).toContain(
      `  ${lines} records cannot be judged: their lines may be in rotated logs that were packed or moved away`,
    );
    expect(text).toContain(`    away: ${join('consumer_1', rotated)}`);
    // What comes after the rotation is judged as ever.
    const current = join(directory, 'consumer_log.json');
    const whole = await readFile(current, 'utf8');
    await writeFile(current, whole.slice(whole.indexOf('\n') + 1));
    expect(wrong(await verify())).toEqual({ code: 1, gap: 1, lost: 1 });
    await writeFile(current, whole);
    await rename(join(world.directory, rotated), join(directory, rotated));
    expect(wrong(await verify())).toEqual(clean);
  }, 180_000);

  it('is clean after a repair', async () => {
    const { path, line } = aLine();
    const whole = await readFile(path, 'utf8');
    await writeFile(path, whole.replace(line.text, 'hello'));
    expect(wrong(await verify())).toMatchObject({ code: 1, broken: 1, gap: 1 });
    await done(['logs', 'repair', '--yes']);
    expect([await readFile(path, 'utf8'), await both()]).toEqual([whole, [clean, clean]]);
  }, 120_000);

  it('a line twice stays one, after check and repair too', async () => {
    const { path, line } = aLine();
    const whole = await readFile(path, 'utf8');
    await writeFile(path, whole.replace(line.text, `${line.text}\n${line.text}`));
    expect(wrong(await verify())).toEqual({ code: 1, duplicate: 1 });
    expect((await world.call(['logs', 'check'])).code).toBe(1);
    await writeFile(path, whole);
  }, 60_000);

  it('a state that was edited is a replay', async () => {
    const state = JSON.parse(await readFile(world.stateFile, 'utf8'));
    await writeFile(world.stateFile, JSON.stringify({ ...state, last_read_timestamp: null }));
    // Until the producer has seen it, only the saved position is known.
    expect(wrong(await verify())).toEqual(clean);
    await catchUp();
    expect(await both()).toEqual([clean, clean]);
    expect((await verify()).records.judged).toBe(202);
  }, 120_000);

  it('a column that comes or goes makes nothing divergent, and nothing is registered by looking', async () => {
    const subject = `${world.env.SCHEMA_REGISTRY_URL}/subjects/${TOPIC}-value/versions`;
    const versions = async () => (await (await fetch(subject)).json()) as number[];
    await world.sql("ALTER TABLE products ADD COLUMN stock INT NOT NULL DEFAULT 7, ADD COLUMN note VARCHAR(20) DEFAULT 'x'");
    const first = await versions();
    expect(await both()).toEqual([clean, clean]);
    expect(await versions()).toEqual(first);
    await world.sql('UPDATE products SET stock = 8 WHERE id < 10');
    await catchUp();
    const then = await versions();
    expect(then.length).toBe(first.length + 1);
    expect(await both()).toEqual([clean, clean]);
    expect(await versions()).toEqual(then);
    // A field that only the later schema has is compared where a record has it.
    await world.sql('UPDATE products SET stock = 9, last_updated = last_updated WHERE id IN (3, 20)');
    expect(wrong(await verify('--deep'))).toEqual({ code: 1, divergent: 1 });
    await world.sql('UPDATE products SET stock = IF(id = 3, 8, 7), last_updated = last_updated WHERE id IN (3, 20)');
    await world.sql('ALTER TABLE products DROP COLUMN note');
    expect(await both()).toEqual([clean, clean]);
    await done(['replay', 'products', '--yes']);
    await catchUp();
    expect(await both()).toEqual([clean, clean]);
  }, 240_000);

  it('a column that schema pull takes into the file, or out of it, makes nothing divergent; a changed line stays so', async () => {
    const file = join(__dirname, '..', '..', 'schemas', `${TOPIC}-value.avsc`);
    const kept = await readFile(file, 'utf8');
    const spoilt = async (has: (text: string) => boolean, from: RegExp, to: string) => {
      for (const instance of readLogs(world.logs).keys()) {
        const path = join(world.logs, instance, 'consumer_log.json');
        const whole = await readFile(path, 'utf8');
        const line = whole.split('\n').find((text) => text !== '' && has(text));
        if (line === undefined) continue;
        await writeFile(path, whole.replace(line, line.replace(from, to)));
        const found = wrong(await verify('--deep'));
        await writeFile(path, whole);
        return found;
      }
      throw new Error('no log has such a line');
    };
    try {
      // MariaDB 11.4.5 was seen to crash here once, after several columns had come and gone in place: these are copies.
      await world.sql("ALTER TABLE products ADD COLUMN colour VARCHAR(10) NOT NULL DEFAULT 'red' AFTER name, ALGORITHM=COPY");
      await world.sql("UPDATE products SET colour = 'blue' WHERE id < 10");
      await catchUp();
      expect(await both()).toEqual([clean, clean]);
      await done(['schema', 'pull', '--yes']);
      expect(await readFile(file, 'utf8')).toContain('"colour"');
      expect(await both()).toEqual([clean, clean]);
      await world.sql("UPDATE products SET colour = 'green' WHERE id BETWEEN 5 AND 14");
      await catchUp();
      expect(await both()).toEqual([clean, clean]);
      expect(await spoilt((text) => !text.includes('"colour"'), /"name":"/, '"name":"x')).toEqual({ code: 1, divergent: 1 });
      expect(await spoilt((text) => text.includes('"green"'), /"green"/, '"grey"')).toEqual({ code: 1, divergent: 1 });
      expect(await spoilt((text) => !text.includes('"colour"'), /,"_kafka"/, ',"colour":"red","_kafka"')).toEqual({
        code: 1,
        divergent: 1,
      });
      await world.sql('ALTER TABLE products DROP COLUMN colour, ALGORITHM=COPY');
      await world.sql('UPDATE products SET price = price + 1 WHERE id < 5');
      await catchUp();
      expect(await both()).toEqual([clean, clean]);
      await done(['schema', 'pull', '--yes']);
      expect(await readFile(file, 'utf8')).not.toContain('"colour"');
      expect(await both()).toEqual([clean, clean]);
      await world.sql('UPDATE products SET price = price + 1 WHERE id < 5');
      await catchUp();
      expect(await both()).toEqual([clean, clean]);
      expect(await spoilt((text) => text.includes('"green"'), /"green"/, '"grey"')).toEqual({ code: 1, divergent: 1 });
    } finally {
      await writeFile(file, kept);
    }
  }, 300_000);
});

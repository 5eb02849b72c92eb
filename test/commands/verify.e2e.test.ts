import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { partitionOf } from '../../src/core/partition.js';
import { itFull } from '../support/full-disk.js';
import { clean, readLogs } from '../support/oracle.js';
import { rowbridge } from '../support/program.js';
import { silentLog } from '../support/silent-log.js';
import { freshWorld, type World } from '../support/world.js';

type Detail = Readonly<{
  key?: string;
  timestamp?: string;
  partition?: number;
  offset?: string;
  instance?: string;
  line?: number;
}>;
type Finding = Readonly<{ count: number; byPartition: Record<string, number>; first: readonly Detail[] }>;
type Topic = Readonly<{
  clean: boolean;
  findings: Readonly<Record<string, Finding>>;
  table: Readonly<{ rows: number; waiting: number; dead: number; deadRows: readonly { key: string }[] }>;
  records: Readonly<{ judged: number; dead: number; removed: number }>;
  logs: Readonly<{ lines: number }>;
}>;
type Answer = Topic & Readonly<{ code: number | string; whole: Readonly<{ clean: boolean }> }>;

let world: World;
let answer: Answer;

const verify = async (...options: string[]): Promise<Answer> => {
  const { code, stdout, stderr } = await world.call(['verify', 'products', '--json', ...options]);
  if (stdout === '') throw new Error(`verify ended with ${code}: ${stderr}`);
  const whole = JSON.parse(stdout) as { clean: boolean; topics: Topic[] };
  return { ...(whole.topics[0] as Topic), code, whole };
};

/** The counts that are not 0. */
const counts = ({ findings }: Topic): Record<string, number> =>
  Object.fromEntries(
    Object.entries(findings).flatMap(([kind, found]) => (found === null || found.count === 0 ? [] : [[kind, found.count]])),
  );

const first = ({ findings }: Topic, kind: string): Detail => findings[kind]?.first[0] ?? {};

const logPath = (instance: string): string => join(world.logs, instance, 'consumer_log.json');

/** Changes the lines of a log by hand. */
const editLog = async (instance: string, edit: (lines: string[]) => string[]): Promise<void> => {
  const lines = (await readFile(logPath(instance), 'utf8')).split('\n').slice(0, -1);
  await writeFile(
    logPath(instance),
    edit(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
  await rm(join(world.logs, instance, 'consumer_log.index.json'), { force: true });
};

const someLine = () => {
  const [instance, lines] = [...readLogs(world.logs)].find(([, all]) => all.length > 5) ?? ['', []];
  const line = lines[2];
  if (line === undefined) throw new Error('no log has six lines');
  return { instance, line, timestamp: line.last_updated.replace('T', ' ').replace('Z', '') };
};

const withKafka = async <T>(
  use: (parts: { reader: ReturnType<typeof kafkaReader>; publisher: ReturnType<typeof kafkaPublisher> }) => Promise<T>,
): Promise<T> => {
  const kafka = kafkaClient({ brokers: (world.env.KAFKA_BROKERS ?? '').split(','), clientId: 'spoiler', log: silentLog });
  const [reader, publisher] = [kafkaReader(kafka), kafkaPublisher(kafka)];
  try {
    return await use({ reader, publisher });
  } finally {
    await reader.close();
    await publisher.close();
  }
};

const worldOf = (name: string) => {
  beforeAll(async () => {
    world = await freshWorld(name);
  }, 240_000);
  afterAll(async () => world.close());
};

describe('verify, of logs that were edited by hand', () => {
  worldOf('verify_logs');
  const kept = () => join(world.directory, 'kept');
  beforeAll(async () => {
    await world.call(['replay', 'products', '--yes']);
    await world.call(['up', '--once']);
    await cp(world.logs, kept(), { recursive: true });
  }, 60_000);
  afterEach(async () => {
    await rm(world.logs, { recursive: true });
    await cp(kept(), world.logs, { recursive: true });
  });

  it('finds nothing wrong where nothing is: a replay is not a duplicate', async () => {
    answer = await verify('--deep');
    expect(answer).toMatchObject({ code: 0, clean: true, whole: { clean: true }, table: { rows: 50 }, logs: { lines: 100 } });
    expect([counts(answer), answer.records.judged, answer.findings.phantom]).toEqual([{}, 100, null]);
    // The tests' own oracle knows of no replay; it agrees on all else.
    expect(await world.verdict()).toMatchObject({ ...clean, repeated: expect.any(Array), records: 100 });
  }, 60_000);

  it('says it to people too', async () => {
    const { code, stdout } = await world.call(['verify']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/product_updates: 50 rows, 100 records, 100 lines in 5 logs/);
    expect(stdout).toMatch(/lost {10}0\n/);
    expect(stdout).toMatch(/phantom +not known/);
    expect(stdout).toMatch(/clean; key, time and place compared in/);
  }, 60_000);

  itFull('does not end well where its report did not arrive: exit 3', async () => {
    const { env, directory } = world;
    const program = rowbridge(['verify', 'products', '--json'], { env, cwd: directory, to: { stdout: '/dev/full' } });
    expect({ code: await program.ended(), stderr: program.stderr() }).toEqual({
      code: 3,
      stderr: expect.stringContaining('OUTPUT_FAILED'),
    });
  });

  it('a line taken out is a gap; all lines of a version taken out are a loss', async () => {
    const { instance, line, timestamp } = someLine();
    const { partition, offset } = line._kafka;
    const at = { key: String(line.id), timestamp, partition };
    await editLog(instance, (lines) => lines.filter((text) => text !== line.text));
    answer = await verify();
    expect([answer.code, counts(answer)]).toEqual([1, { gap: 1 }]);
    expect(answer.findings.gap).toMatchObject({ byPartition: { [partition]: 1 }, first: [{ ...at, offset: String(offset) }] });
    for (const name of readLogs(world.logs).keys())
      await editLog(name, (lines) => lines.filter((text) => !text.startsWith(`{"id":${line.id},`)));
    answer = await verify();
    expect(counts(answer)).toEqual({ gap: 2, lost: 1 });
    expect(first(answer, 'lost')).toMatchObject({ ...at, offset: String(offset) });
    const { stdout } = await world.call(['verify']);
    expect(stdout).toContain(`key ${line.id}, ${timestamp}, partition ${partition}, offset ${offset}`);
    expect(stdout).toContain('NOT CLEAN');
  }, 90_000);

  it('a version that no journal of commits has is a phantom', async () => {
    const rows = await world.sql('SELECT id, CAST(last_updated AS CHAR) at FROM products ORDER BY id');
    const lines = rows.map(({ id, at }) => `${JSON.stringify({ key: String(id), timestamp: at })}\n`);
    const file = join(world.directory, 'journal.jsonl');
    await writeFile(file, lines.join(''));
    answer = await verify('--journal', file);
    expect([answer.code, answer.findings.phantom?.count]).toEqual([0, 0]);
    await writeFile(file, lines.slice(1).join(''));
    answer = await verify('--journal', file);
    expect([answer.code, counts(answer)]).toEqual([1, { phantom: 1 }]);
    expect(first(answer, 'phantom')).toMatchObject({ key: String(rows[0]?.id), timestamp: rows[0]?.at });
    await writeFile(file, 'nonsense\n');
    const { code, stderr } = await world.call(['verify', '--journal', file]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('line 1 is not a commit')]);
  }, 90_000);

  it('a line twice', async () => {
    const { instance, line, timestamp } = someLine();
    await editLog(instance, (lines) => [...lines, line.text]);
    answer = await verify();
    expect([answer.code, answer.findings.duplicate?.count]).toEqual([1, 1]);
    const { partition, offset } = line._kafka;
    const at = { key: String(line.id), timestamp, partition, offset: String(offset), instance };
    expect(first(answer, 'duplicate')).toMatchObject(at);
  }, 60_000);

  it('a line out of order, and a line that nobody wrote', async () => {
    const { instance, line } = someLine();
    const { partition, offset } = line._kafka;
    const all = readLogs(world.logs).get(instance) ?? [];
    const before = all.filter(({ _kafka }) => _kafka.partition === partition && _kafka.offset < offset);
    await editLog(instance, (lines) => [line.text, ...lines.filter((text) => text !== line.text), 'nonsense']);
    answer = await verify();
    expect(counts(answer)).toEqual({ broken: 1, ...(before.length === 0 ? {} : { outOfOrder: before.length }) });
    expect(first(answer, 'broken')).toMatchObject({ instance, line: all.length + 1 });
  }, 60_000);

  it('a changed field is seen with --deep, a changed key always', async () => {
    const { instance, line } = someLine();
    await editLog(instance, (lines) => lines.map((text) => (text === line.text ? text.replace('"name":"', '"name":"x') : text)));
    expect((await verify()).code).toBe(0);
    answer = await verify('--deep');
    expect([answer.code, counts(answer)]).toEqual([1, { divergent: 1 }]);
    expect(first(answer, 'divergent')).toMatchObject({ key: String(line.id), offset: String(line._kafka.offset) });
    await editLog(instance, (lines) =>
      lines.map((text) => (text.includes('"name":"x') ? text.replace(/"id":\d+/, '"id":999') : text)),
    );
    expect(counts(await verify())).toEqual({ divergent: 1 });
  }, 90_000);
});

describe('verify, of a table and a topic that were meddled with', () => {
  worldOf('verify_table');

  it('a row that has not been captured yet is waiting, not lost', async () => {
    await world.sql(`INSERT INTO products (name, category, price) VALUES ('new', 'cat_1', 1)`);
    expect(await verify()).toMatchObject({ code: 0, table: { rows: 51, waiting: 1 } });
    await world.sql("DELETE FROM products WHERE name = 'new'");
  }, 60_000);

  it('a row with a time before the position is lost', async () => {
    await world.sql(
      `INSERT INTO products (name, category, price, last_updated) VALUES ('late', 'cat_1', 1, '2026-01-01 00:00:00')`,
    );
    const [{ id } = {}] = await world.sql("SELECT id FROM products WHERE name = 'late'");
    answer = await verify();
    expect([answer.code, counts(answer)]).toEqual([1, { lost: 1 }]);
    const partition = partitionOf(Buffer.from(String(id)), 10);
    expect(first(answer, 'lost')).toMatchObject({ key: String(id), timestamp: '2026-01-01 00:00:00.000000', partition });
    await world.sql("DELETE FROM products WHERE name = 'late'");
  }, 60_000);

  it('a row whose fields were changed without its time diverges', async () => {
    await world.sql('UPDATE products SET price = price + 1, last_updated = last_updated WHERE id = 7');
    expect((await verify()).code).toBe(0);
    answer = await verify('--deep');
    expect([answer.code, counts(answer)]).toEqual([1, { divergent: 1 }]);
    expect(first(answer, 'divergent')).toMatchObject({ key: '7' });
    await world.sql('UPDATE products SET price = price - 1, last_updated = last_updated WHERE id = 7');
  }, 60_000);

  it('poison is in the dead letters, and a row that could not travel is named: neither is lost', async () => {
    await withKafka(({ publisher }) =>
      publisher.publish('product_updates', [{ partition: 3, records: [{ key: null, value: Buffer.from('poison') }] }]),
    );
    await world.sql('ALTER TABLE products MODIFY name MEDIUMTEXT NOT NULL');
    await world.sql(`INSERT INTO products (name, category, price) VALUES (REPEAT('x', 1000000), 'cat_1', 1)`);
    const [{ id } = {}] = await world.sql('SELECT id FROM products ORDER BY id DESC LIMIT 1');
    await world.sql(`INSERT INTO products (name, category, price) VALUES ('after it', 'cat_1', 1)`);
    await world.call(['up', '--once']);
    answer = await verify();
    expect([answer.code, counts(answer), answer.records.dead]).toEqual([0, {}, 1]);
    expect(answer.table).toMatchObject({ rows: 52, dead: 1, deadRows: [{ key: String(id) }] });
  }, 90_000);

  it('a record published again is a duplicate; until a worker has logged it, it lags', async () => {
    const { line, timestamp } = someLine();
    const { partition, offset } = line._kafka;
    const end = await withKafka(async ({ reader, publisher }) => {
      for await (const [again] of reader.readRange({ topic: 'product_updates', partition }, BigInt(offset), BigInt(offset + 1)))
        if (again !== undefined) {
          const { key, value } = again;
          await publisher.publish('product_updates', [{ partition, records: [{ key, value }] }]);
        }
      return Number((await reader.endOffsets('product_updates')).get(partition));
    });
    const at = { key: String(line.id), timestamp, partition, offset: String(end - 1) };
    answer = await verify('--wait', '0');
    expect(counts(answer)).toMatchObject({ duplicate: 1, lag: 1 });
    expect([first(answer, 'duplicate'), first(answer, 'lag')]).toMatchObject([at, at]);
    await world.call(['up', '--once']);
    answer = await verify();
    expect([answer.code, answer.findings.duplicate?.count, answer.findings.lag?.count]).toEqual([1, 1, 0]);
  }, 90_000);
});

describe('verify', () => {
  worldOf('verify_live');

  it('is clean on a live system under load, again and again', async () => {
    const programs = [
      world.run(['produce', 'products']),
      ...[1, 2].map((n) => world.run(['consume', 'products', '--instance', `consumer_${n}`])),
      world.run(['update', 'products', '--rate', '400']),
    ];
    await Promise.all(programs.slice(1, 3).map((worker) => worker.said('partitions assigned')));
    for (const options of [[], ['--deep']]) {
      answer = await verify('--wait', '60', ...options);
      expect([answer.code, counts(answer)]).toEqual([0, {}]);
    }
    expect((await world.call(['replay', 'products', '--yes'])).code).toBe(0);
    answer = await verify('--wait', '60');
    expect([answer.code, counts(answer)]).toEqual([0, {}]);
    expect(answer.records.judged).toBeGreaterThan(100);
    for (const program of programs) expect(await program.stop()).toBe(0);
  }, 240_000);

  it('says where there is nothing to verify', async () => {
    const { code, stderr } = await world.call(['verify', 'traffic']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('NOTHING_TO_VERIFY')]);
  }, 30_000);
});

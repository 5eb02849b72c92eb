import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { type Connection, openConnection } from '../../src/adapters/mysql/connect.js';
import type { Finding } from '../../src/app/doctor/index.js';
import { silentLog } from '../support/silent-log.js';
import { freshWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await freshWorld('doctor');
}, 120_000);
afterAll(() => world.close());

const diagnosed = async (env: Readonly<Record<string, string>> = {}): Promise<{ code: number | string; findings: Finding[] }> => {
  const { code, stdout } = await world.call(['doctor', '--json'], env);
  return { code, findings: JSON.parse(stdout) as Finding[] };
};

const bad = async (env?: Readonly<Record<string, string>>) => {
  const { code, findings } = await diagnosed(env);
  const found = findings.filter(({ level }) => level !== 'ok');
  for (const { means, fix } of found) expect([means, fix]).toEqual([expect.any(String), expect.any(String)]);
  return { code, found: found.map(({ check, level }) => `${level} ${check}`), findings };
};

const admin = (): Promise<Connection> =>
  openConnection(
    {
      host: world.env.MYSQL_HOST ?? '',
      port: Number(world.env.MYSQL_PORT),
      user: world.env.MYSQL_ADMIN_USER ?? '',
      password: world.env.MYSQL_ADMIN_PASSWORD ?? '',
      database: world.env.MYSQL_DATABASE ?? '',
    },
    { role: 'test' },
  );

/** Changes something in the database, looks, and changes it back. */
const changed = async (there: readonly string[], back: readonly string[]) => {
  for (const sql of there) await world.sql(sql);
  try {
    return await bad();
  } finally {
    for (const sql of back) await world.sql(sql);
  }
};

const STAMPED = 'TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';
const asItWas = [`ALTER TABLE products MODIFY last_updated ${STAMPED}`];

describe('doctor', () => {
  it('finds nothing wrong where all is well: exit 0', async () => {
    const { code, found, findings } = await bad();
    expect({ code, found }).toEqual({ code: 0, found: [] });
    expect(findings.length).toBeGreaterThan(20);
    const { stdout } = await world.call(['doctor']);
    expect(stdout).toMatch(/^\d+ ok, 0 warnings, 0 errors$/m);
    expect(stdout).not.toContain('\u001b');
  });

  it('looks at pipelines without a table too', async () => {
    await world.call(['setup', 'traffic']);
    const { code, stdout } = await world.call(['doctor', 'traffic', '--json'], { MYSQL_HOST: '', SCHEMA_REGISTRY_URL: '' });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Finding[]).map(({ check }) => check)).toContain('topics');
  });

  it.each<[string, string[], string[], number, string[]]>([
    [
      'a DATETIME as cursor',
      [`ALTER TABLE products MODIFY last_updated ${STAMPED.replace('TIMESTAMP', 'DATETIME')}`],
      asItWas,
      1,
      ['warning cursor', 'error products'],
    ],
    [
      'a cursor of whole seconds',
      ['ALTER TABLE products MODIFY last_updated TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP'],
      asItWas,
      0,
      ['warning cursor'],
    ],
    [
      'a cursor that no UPDATE stamps',
      ['ALTER TABLE products MODIFY last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)'],
      asItWas,
      0,
      ['warning cursor', 'warning guarantee'],
    ],
    [
      'a cursor that is not there',
      ['ALTER TABLE products CHANGE last_updated changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)'],
      [`ALTER TABLE products CHANGE changed_at last_updated ${STAMPED}`],
      1,
      ['error products'],
    ],
    [
      'no index',
      ['ALTER TABLE products RENAME INDEX products_last_updated_id TO other, DROP INDEX other'].map((sql) =>
        sql.replace(/RENAME.*, /, '').replace('other', 'products_last_updated_id'),
      ),
      ['CREATE INDEX products_last_updated_id ON products (last_updated, id)'],
      0,
      ['warning index'],
    ],
    [
      'rows without a timestamp',
      ['ALTER TABLE products MODIFY last_updated TIMESTAMP(6) NULL', 'UPDATE products SET last_updated = NULL WHERE id = 1'],
      ['UPDATE products SET last_updated = NOW(6) WHERE last_updated IS NULL', ...asItWas],
      1,
      ['error rows', 'error products'],
    ],
    [
      'rows of the time zero',
      ["UPDATE products SET last_updated = '0000-00-00 00:00:00' WHERE id = 1"],
      ['UPDATE products SET last_updated = NOW(6) WHERE id = 1'],
      0,
      ['warning rows'],
    ],
    [
      'rows in the future',
      ['UPDATE products SET last_updated = NOW(6) + INTERVAL 1 DAY WHERE id = 1'],
      ['UPDATE products SET last_updated = NOW(6) WHERE id = 1'],
      0,
      ['warning rows'],
    ],
    [
      'a table without transactions',
      ['ALTER TABLE products ENGINE = Aria'],
      ['ALTER TABLE products ENGINE = InnoDB'],
      0,
      ['warning engine'],
    ],
  ])('%s', async (_name, there, back, code, wanted) => {
    const result = await changed(there, back);
    expect({ code: result.code, found: result.found }).toEqual({ code, found: wanted });
  });

  it('a plan that sorts, where the table is large', async () => {
    await world.sql("INSERT INTO products (name, category, price) SELECT CONCAT('p', seq), 'cat_1', 1 FROM seq_1_to_3000");
    const result = await changed(
      ['ALTER TABLE products DROP INDEX products_last_updated_id'],
      ['CREATE INDEX products_last_updated_id ON products (last_updated, id)'],
    );
    expect(result.found).toEqual(['warning index', 'warning plan']);
  });

  it('rights that are missing, and rights that are too many', async () => {
    const capture = `'${world.env.MYSQL_USER}'@'%'`;
    const without = await changed(
      [`REVOKE SELECT ON performance_schema.metadata_locks FROM ${capture}`],
      [`GRANT SELECT ON performance_schema.metadata_locks TO ${capture}`],
    );
    expect(without.found).toContain('warning grants');
    expect(without.findings.find(({ level }) => level === 'warning')?.fix).toContain(
      'GRANT SELECT ON performance_schema.metadata_locks',
    );
    const tooMany = await changed([`GRANT INSERT ON products TO ${capture}`], [`REVOKE INSERT ON products FROM ${capture}`]);
    expect(tooMany).toMatchObject({ code: 0, found: ['warning grants'] });
    expect(tooMany.findings.find(({ level }) => level === 'warning')?.fix).toMatch(/^REVOKE .*INSERT.* FROM /);
    const none = await changed([`REVOKE SELECT ON products FROM ${capture}`], [`GRANT SELECT ON products TO ${capture}`]);
    expect(none.code).toBe(1);
    expect(none.found).toEqual(['error mysql']);
    await world.sql('CREATE TABLE others (id INT PRIMARY KEY)');
    const some = await changed(
      [`REVOKE SELECT ON products FROM ${capture}`, `GRANT SELECT ON others TO ${capture}`],
      [`GRANT SELECT ON products TO ${capture}`, `REVOKE SELECT ON others FROM ${capture}`],
    );
    expect(some.found).toEqual(['error grants', 'error products']);
  });

  it('a server that is read-only, and one that does not show what is in flight', async () => {
    const readOnly = await changed(['SET GLOBAL read_only = ON'], ['SET GLOBAL read_only = OFF']);
    expect(readOnly.found).toEqual(['warning variables', 'warning guarantee']);
    const off = (name: string, enabled: string) =>
      `UPDATE performance_schema.setup_consumers SET ENABLED = '${enabled}' WHERE NAME = '${name}'`;
    const name = 'events_transactions_current';
    const consumer = await changed([off(name, 'NO')], [off(name, 'YES')]);
    expect(consumer.found).toEqual(['warning horizon', 'warning guarantee']);
    const instrument = (enabled: string) =>
      `UPDATE performance_schema.setup_instruments SET ENABLED = '${enabled}' WHERE NAME = 'transaction'`;
    const instruments = await changed([instrument('NO')], [instrument('YES')]);
    expect(instruments.found).toEqual(['warning horizon', 'warning guarantee']);
  });

  it('a transaction that has been open for long', async () => {
    const connection = await admin();
    try {
      await connection.query('START TRANSACTION');
      await connection.query('UPDATE products SET price = price + 1 WHERE id = 2');
      await new Promise((resolve) => setTimeout(resolve, 10_500));
      const { code, found, findings } = await bad();
      expect({ code, found }).toEqual({ code: 0, found: ['warning transactions'] });
      expect(findings.find(({ check }) => check === 'transactions')?.fix).toContain(`KILL ${connection.id}`);
    } finally {
      await connection.close();
    }
  });

  it('topics and rows that do not fit each other', async () => {
    const kafka = kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog }).admin();
    await kafka.connect();
    const limit = (value: string) =>
      kafka.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: 'product_updates', configEntries: [{ name: 'max.message.bytes', value }] }],
      });
    try {
      await limit('20000');
      expect((await bad()).found).toEqual(['warning max.message.bytes']);
      await limit('1048588');
      const { found, code } = await bad({ PRODUCTS_PARTITIONS: '3', PRODUCTS_TOPIC: 'nowhere' });
      expect({ code, found }).toEqual({ code: 1, found: ['error topics', 'error topics'] });
      expect((await bad({ PRODUCTS_PARTITIONS: '3' })).found).toEqual(['error topics']);
    } finally {
      await kafka.disconnect();
    }
  });

  it('servers that are away, each told once, and a directory that cannot be used', async () => {
    await writeFile(join(world.directory, 'file'), '');
    const { code, found } = await bad({
      MYSQL_PORT: '1',
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
      CONSUMER_LOGS_DIR: 'file/below',
    });
    expect(code).toBe(1);
    expect(found).toEqual([
      'error directories',
      'error ports',
      'error ports',
      'error ports',
      'error mysql',
      'error topics',
      'error registry',
    ]);
  });
});

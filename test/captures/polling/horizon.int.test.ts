import type { Connection } from '../../../src/adapters/mysql/connect.js';
import type { Frontier } from '../../../src/captures/polling/frontier.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { expectHeld, expectPassing, pause, settle, stampOf } from '../../support/holding.js';

const INSERT = "INSERT INTO products (name, category, price) VALUES (?, 'cat_1', '1.00')";

describe('the horizon', () => {
  let world: CaptureWorld;
  let frontier: Frontier;
  let admin: Connection;

  beforeAll(async () => {
    world = await captureWorld('horizon');
    admin = await world.admin();
    await admin.query('CREATE TABLE other (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50))');
  }, 180_000);
  beforeEach(async () => {
    frontier = await world.frontier(await world.capture());
    expect(frontier.guarantee()).toMatchObject({ level: 'proven' });
    await settle(frontier);
  });
  afterAll(async () => world.close());

  const holds = (name: string, end: () => Promise<unknown>): Promise<void> => expectHeld(frontier, admin, name, end);

  it('holds for an idle transaction that has written', async () => {
    const writer = await world.writer();
    await writer.query('BEGIN');
    await writer.change(INSERT, ['idle']);
    await pause(200);
    await holds('idle', () => writer.query('COMMIT'));
  });

  it('holds for an INSERT ... SELECT SLEEP', async () => {
    const writer = await world.writer();
    const running = writer.change("INSERT INTO products (name, category, price) SELECT 'sleeper', 'cat_1', SLEEP(1)");
    await pause(200);
    await holds('sleeper', () => running);
  });

  it.each([0, 1])(
    'holds for an insert that waits for a metadata lock, autocommit = %d, also after later statements',
    async (autocommit) => {
      const name = `waiter ${autocommit}`;
      const blocker = await world.admin();
      const writer = await world.writer();
      await writer.query(`SET autocommit = ${autocommit}`);
      await blocker.query('LOCK TABLES products WRITE');
      const running = writer.change(INSERT, [name]);
      await pause(300);
      const before = await settle(frontier);
      await blocker.query('UNLOCK TABLES');
      await running;
      for (let later = 0; later < 15; later++) await writer.query('SELECT ?', [later]);
      const during = await settle(frontier);
      if (autocommit === 0) await writer.query('COMMIT');
      const stamp = await stampOf(admin, name);
      expect(before <= stamp).toBe(true);
      if (autocommit === 0) expect(during <= stamp).toBe(true);
      expect((await settle(frontier)) > stamp).toBe(true);
    },
  );

  it('holds for an update that waits for a row lock', async () => {
    await admin.change(INSERT, ['row lock']);
    const blocker = await world.writer();
    const writer = await world.writer();
    await blocker.query('BEGIN');
    await blocker.query("SELECT id FROM products WHERE name = 'row lock' FOR UPDATE");
    const running = writer.change("UPDATE products SET price = 2 WHERE name = 'row lock'");
    await pause(200);
    await holds('row lock', async () => {
      await blocker.query('COMMIT');
      await running;
    });
  });

  it('holds for a procedure between its statements', async () => {
    await admin.query(`CREATE PROCEDURE slow_insert() BEGIN
      INSERT INTO products (name, category, price) VALUES ('procedure', 'cat_1', 1); DO SLEEP(0.6); END`);
    const caller = await world.admin();
    await caller.query('BEGIN');
    const running = caller.query('CALL slow_insert()');
    await pause(200);
    await holds('procedure', async () => {
      await running;
      await caller.query('COMMIT');
    });
  });

  it('holds for a prepared XA transaction whose session has gone', async () => {
    const session = await world.admin();
    await session.query("XA START 'gone'");
    await session.change(INSERT, ['prepared']);
    await session.query("XA END 'gone'");
    await session.query("XA PREPARE 'gone'");
    await session.close();
    await pause(200);
    await holds('prepared', () => admin.query("XA COMMIT 'gone'"));
  });

  /** Something is open that cannot commit a row of the table: the horizon has to pass it. */
  const passes = (): Promise<void> => expectPassing(frontier, admin);

  // On MariaDB every open transaction holds: its metadata locks do not tell writers from readers.
  const onMysql = (name: string, body: () => Promise<void>) =>
    it(name, async () => {
      if (world.mariadb) return expect((await serverVersion()).toLowerCase()).toContain('mariadb');
      return body();
    });
  const serverVersion = async () => String((await admin.query<{ v: string }>('SELECT VERSION() v'))[0]?.v);

  onMysql('does not hold for an idle BEGIN', async () => {
    const session = await world.writer();
    await session.query('BEGIN');
    await passes();
    await session.query('ROLLBACK');
  });

  onMysql('does not hold for a transaction that only read the table', async () => {
    const session = await world.writer();
    await session.query('BEGIN');
    await session.query('SELECT COUNT(*) FROM products');
    await passes();
    await session.query('ROLLBACK');
  });

  onMysql('does not hold for writes to another table', async () => {
    const session = await world.admin();
    await session.query('BEGIN');
    await session.change("INSERT INTO other (name) VALUES ('x')");
    await passes();
    await session.query('ROLLBACK');
  });

  onMysql('does not hold for a READ ONLY transaction', async () => {
    const session = await world.writer();
    await session.query('START TRANSACTION READ ONLY');
    await session.query('SELECT COUNT(*) FROM products');
    await passes();
    await session.query('ROLLBACK');
  });
});

import { Readable } from 'node:stream';
import { createConnection } from 'mysql2/promise';
import type { Connection } from '../../../src/adapters/mysql/connect.js';
import type { Frontier } from '../../../src/captures/polling/frontier.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { expectHeld, expectPassing, nowOf, pause, settle, stampOf } from '../../support/holding.js';

const INSERT = "INSERT INTO products (name, category, price) VALUES (?, 'cat_1', '1.00')";

const globalOf = async ({ query }: Connection, name: string): Promise<string | null> =>
  (await query<{ v: string | null }>(`SELECT @@global.${name} v`))[0]?.v ?? null;

describe('the horizon over statements of other kinds', () => {
  let world: CaptureWorld;
  let frontier: Frontier;
  let admin: Connection;

  beforeAll(async () => {
    world = await captureWorld('statements');
    admin = await world.admin();
  }, 180_000);
  beforeEach(async () => {
    frontier = await world.frontier(await world.capture());
    expect(frontier.guarantee()).toMatchObject({ level: 'proven' });
    await settle(frontier);
  });
  afterAll(async () => world.close());

  it('holds for a LOAD DATA LOCAL whose client sends slowly', async () => {
    const allowed = await globalOf(admin, 'local_infile');
    await admin.query('SET GLOBAL local_infile = 1');
    const { host, port, adminUser: user, adminPassword: password } = world.server;
    const client = await createConnection({ host, port, user, password, database: world.database });
    try {
      async function* slowly() {
        for (let line = 0; line < 10; line++) {
          yield Buffer.from(`local,cat_1,${line}\n`);
          await pause(120);
        }
      }
      const loading = client.query({
        sql: "LOAD DATA LOCAL INFILE 'any' INTO TABLE products FIELDS TERMINATED BY ',' (name, category, price)",
        infileStreamFactory: () => Readable.from(slowly()),
      });
      await pause(200);
      await expectHeld(frontier, admin, 'local', () => loading);
    } finally {
      await client.end();
      await admin.query('SET GLOBAL local_infile = ?', [Number(allowed)]);
    }
  });

  it('holds for a LOAD DATA from a file of the server that takes long', async () => {
    const folder = await globalOf(admin, 'secure_file_priv');
    const file = `${folder ?? ''}${world.database}.csv`;
    await admin.query(`SELECT name, category, price INTO OUTFILE '${file}' FROM products LIMIT 10`);
    const client = await world.admin();
    const loading = client.query(
      `LOAD DATA INFILE '${file}' INTO TABLE products (name, category, price) SET name = IF(SLEEP(0.12) = 0, 'from a file', '')`,
    );
    await pause(200);
    await expectHeld(frontier, admin, 'from a file', () => loading);
  });

  it('holds for an event of the event scheduler, and not for the scheduler', async () => {
    const scheduler = await globalOf(admin, 'event_scheduler');
    await admin.query('SET GLOBAL event_scheduler = ON');
    try {
      await admin.query(`CREATE PROCEDURE in_event() INSERT INTO products (name, category, price) VALUES ('event', 'cat_1', 1)`);
      const blocker = await world.admin();
      await blocker.query('LOCK TABLES products WRITE');
      await admin.query('CREATE EVENT waiting ON SCHEDULE AT CURRENT_TIMESTAMP DO CALL in_event()');
      // It waits for the lock with its timestamp fixed and no transaction begun.
      await pause(2_500);
      await expectHeld(frontier, admin, 'event', async () => {
        await blocker.query('UNLOCK TABLES');
        await pause(500);
      });
      await expectPassing(frontier, admin);
    } finally {
      await admin.query(`SET GLOBAL event_scheduler = ${scheduler}`);
    }
  });

  it('holds for a prepared XA transaction whose session is at something else, where a server lets it', async () => {
    const session = await world.admin();
    await session.query("XA START 'detached'");
    await session.change(INSERT, ['detached']);
    await session.query("XA END 'detached'");
    await session.query("XA PREPARE 'detached'");
    // MariaDB lets such a session do next to nothing else.
    const others = world.mariadb
      ? [pause(300)]
      : [session.change("INSERT INTO products (name, category, price) SELECT 'later', 'cat_1', 1 + SLEEP(0.5)")];
    if (world.mariadb) await expect(session.query('BEGIN')).rejects.toThrow(/PREPARED/);
    await pause(100);
    const during = await settle(frontier);
    await Promise.all(others);
    if (!world.mariadb) {
      await session.query('BEGIN');
      await session.change(INSERT, ['once more']);
      await settle(frontier);
    }
    await expectHeld(frontier, admin, 'detached', async () => {
      if (!world.mariadb) await session.query('COMMIT');
      await session.query("XA COMMIT 'detached'");
    });
    expect(during <= (await stampOf(admin, 'detached'))).toBe(true);
  });

  it('cannot see a row that a client stamps in the past with SET timestamp, and waits for one in the future', async () => {
    const writer = await world.writer();
    const now = await nowOf(admin);
    await writer.query('SET timestamp = UNIX_TIMESTAMP(NOW(6)) - 30');
    await writer.change(INSERT, ['backdated']);
    await writer.query('SET timestamp = DEFAULT');
    await writer.query('SET timestamp = UNIX_TIMESTAMP(NOW(6)) + 1');
    await writer.change(INSERT, ['ahead']);
    const reached = await settle(frontier);
    expect((await stampOf(admin, 'backdated')) < now && now < reached).toBe(true);
    expect(reached <= (await stampOf(admin, 'ahead'))).toBe(true);
    await pause(1_000);
    expect((await settle(frontier)) > (await stampOf(admin, 'ahead'))).toBe(true);
  });
});

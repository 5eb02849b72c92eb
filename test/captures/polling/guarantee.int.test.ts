import type { Connection } from '../../../src/adapters/mysql/connect.js';
import type { Reach } from '../../../src/captures/polling/frontier.js';
import { inspectTable } from '../../../src/captures/polling/inspect.js';
import type { Guarantee } from '../../../src/core/guarantee.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { pause, settle, stampOf } from '../../support/holding.js';

const INSERT = "INSERT INTO products (name, category, price) VALUES (?, 'cat_1', '1.00')";
const SCHEMA = 'performance_schema';

describe('the guarantee on a real server', () => {
  let world: CaptureWorld;
  let admin: Connection;
  let levels: Guarantee[];

  const open = async (recheckMs = 100) => {
    levels = [];
    return world.frontier(await world.capture(), { recheckMs, onGuarantee: (next) => levels.push(next) });
  };
  const said = () => levels.map(({ level }) => level);

  beforeAll(async () => {
    world = await captureWorld('guarantee');
    admin = await world.admin();
    await admin.query('CREATE TABLE kinds (name VARCHAR(20) PRIMARY KEY)');
    await admin.query("INSERT INTO kinds VALUES ('cat_1'), ('cat_2'), ('cat_3'), ('cat_4'), ('cat_5')");
  }, 180_000);
  afterAll(async () => world.close());

  /** Sessions that worked meanwhile have to show that they have no transaction left. */
  const allMove = async (): Promise<void> => {
    await admin.query('SELECT COUNT(*) FROM products');
  };

  it.each(['ON UPDATE CASCADE', 'ON UPDATE SET NULL', 'ON DELETE SET NULL'])(
    'is best-effort from the moment when a foreign key says %s, which leaves the timestamp',
    async (rule) => {
      await admin.query('CREATE TABLE children LIKE products');
      await admin.query('ALTER TABLE children MODIFY category VARCHAR(20)');
      await admin.query('GRANT SELECT ON children TO ?', [world.captureUser]);
      const cursor = { table: 'children', column: 'last_updated', type: 'timestamp', onUpdateNow: true, defaultNow: true };
      const frontier = await world.frontier(await world.capture(), { cursor, recheckMs: 50 });
      expect(frontier.guarantee().level).toBe('proven');
      await admin.query(`ALTER TABLE children ADD FOREIGN KEY (category) REFERENCES kinds (name) ${rule}`);
      await admin.change("INSERT INTO children (name, category, price) VALUES ('child', 'cat_5', 1)");
      const before = await admin.query<object>('SELECT category, last_updated FROM children');
      await pause(60);
      await settle(frontier);
      expect(frontier.guarantee()).toMatchObject({
        level: 'best-effort',
        reason: expect.stringMatching(/foreign key.*cascades/),
      });
      await admin.query(
        rule.startsWith('ON DELETE')
          ? "DELETE FROM kinds WHERE name = 'cat_5'"
          : "UPDATE kinds SET name = 'cat_6' WHERE name = 'cat_5'",
      );
      const after = await admin.query('SELECT category, last_updated FROM children');
      expect(after).toEqual([{ ...before[0], category: rule === 'ON UPDATE CASCADE' ? 'cat_6' : null }]);
      await admin.query('DROP TABLE children');
      await admin.query("DELETE FROM kinds WHERE name = 'cat_6'");
      await admin.query("INSERT INTO kinds VALUES ('cat_5')");
    },
  );

  it('is best-effort while the server is read-only', async () => {
    const frontier = await open();
    await admin.query('SET GLOBAL read_only = ON');
    try {
      await pause(120);
      await frontier.reach();
      expect(frontier.guarantee()).toMatchObject({ level: 'best-effort', reason: expect.stringMatching(/read-only/) });
    } finally {
      await admin.query('SET GLOBAL read_only = OFF');
    }
    await pause(120);
    await settle(frontier);
    expect(said()).toEqual(['proven', 'best-effort', 'proven']);
  });

  it('is best-effort while the server applies the changes of another one, though it can be written', async () => {
    const [change, start, stop, reset] = world.mariadb
      ? [
          "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'x'",
          'START SLAVE SQL_THREAD',
          'STOP SLAVE',
          'RESET SLAVE ALL',
        ]
      : [
          "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1, SOURCE_USER = 'x'",
          'START REPLICA SQL_THREAD',
          'STOP REPLICA',
          'RESET REPLICA ALL',
        ];
    const frontier = await open();
    await admin.query('SET GLOBAL server_id = 77');
    await admin.query(change as string);
    try {
      await admin.query(start as string);
      await pause(300);
      await frontier.reach();
      expect(frontier.guarantee()).toMatchObject({ level: 'best-effort', reason: expect.stringMatching(/applies the changes/) });
    } finally {
      await admin.query(stop as string);
      await admin.query(reset as string);
    }
    await pause(120);
    await settle(frontier);
    expect(said()).toEqual(['proven', 'best-effort', 'proven']);
  });

  it('is delayed while a session is not instrumented, and says so once', async () => {
    const frontier = await open();
    const hidden = await world.writer();
    const setHidden = (instrumented: string) =>
      admin.query(`UPDATE ${SCHEMA}.threads SET INSTRUMENTED = ? WHERE PROCESSLIST_ID = ?`, [instrumented, hidden.id]);
    await setHidden('NO');
    for (let look = 0; look < 3; look++) await frontier.reach();
    expect(frontier.guarantee()).toMatchObject({ level: 'delayed', reason: expect.stringMatching(/not instrumented/) });
    await setHidden('YES');
    await hidden.close();
    await allMove();
    for (let look = 0; look < 40 && frontier.guarantee().level !== 'proven'; look++) {
      await allMove();
      await frontier.reach();
      await pause(60);
    }
    expect(said()[1]).toBe('delayed');
    expect(said().at(-1)).toBe('proven');
    expect(levels.filter(({ reason }) => /not instrumented/.test(reason))).toHaveLength(1);
  });

  it.each([
    ['a consumer', `UPDATE ${SCHEMA}.setup_consumers SET ENABLED = ? WHERE NAME = 'events_transactions_current'`],
    ['an instrument', `UPDATE ${SCHEMA}.setup_instruments SET ENABLED = ? WHERE NAME = 'transaction'`],
  ])('goes back to the last good check when %s is switched off, and waits for what began unseen', async (_, statement) => {
    const frontier = await open();
    await settle(frontier);
    await pause(120);
    await frontier.reach();
    const writer = await world.writer();
    await admin.query(statement, ['NO']);
    const rewinds: string[] = [];
    const reach = async () => {
      const { rewindTo } = await frontier.reach();
      if (rewindTo !== null) rewinds.push(rewindTo);
    };
    try {
      await writer.query('BEGIN');
      await writer.change(INSERT, [`unseen by ${_}`]);
      await pause(120);
      for (let look = 0; look < 3; look++) await reach();
      expect(said()).toEqual(['proven', 'delayed']);
      expect(rewinds).toHaveLength(1);
    } finally {
      await admin.query(statement, ['YES']);
    }
    for (let look = 0; look < 6; look++) {
      await allMove();
      await reach();
      await pause(60);
    }
    // The transaction that nobody has noted is still open.
    expect(frontier.guarantee().level).toBe('delayed');
    await writer.query('COMMIT');
    const stamp = await stampOf(admin, `unseen by ${_}`);
    for (let look = 0; look < 60 && rewinds.length < 2; look++) {
      await writer.query('SELECT COUNT(*) FROM products');
      await allMove();
      await reach();
      await pause(60);
    }
    expect(said().at(-1)).toBe('proven');
    expect(rewinds).toHaveLength(2);
    expect(rewinds.every((to) => to < stamp)).toBe(true);
    expect(said().filter((level) => level === 'proven')).toHaveLength(2);
    await writer.close();
  });

  it.each(['setup_consumers', 'events_statements_current', 'threads', 'events_transactions_current', 'metadata_locks'])(
    'is delayed without the right to read %s, at the start as well as while running, and says so once',
    async (table) => {
      // MariaDB's horizon does not read them.
      if (world.mariadb && table === 'metadata_locks') return;
      const right = (verb: string) => admin.query(`${verb} ?@'%'`, [world.captureUser]);
      const running = await open(500);
      await pause(520);
      // Decides, so that the next looks are the first to miss the right; those after them decide again.
      await settle(running);
      await right(`REVOKE SELECT ON ${SCHEMA}.${table} FROM`);
      try {
        const rewinds: (string | null)[] = [];
        for (const ms of [0, 0, 520, 0]) {
          await pause(ms);
          rewinds.push((await running.reach()).rewindTo);
        }
        const delayed = { level: 'delayed', reason: expect.stringMatching(/no right to read all of performance_schema/) };
        expect(levels).toEqual([expect.objectContaining({ level: 'proven' }), delayed]);
        expect(rewinds.filter((to) => to !== null)).toHaveLength(1);
        const begun = await world.frontier(await world.capture());
        expect(begun.guarantee()).toEqual(delayed);
        expect((await begun.reach()).overlap).toBe(true);
        expect((await inspectTable(world.options(), null)).guarantee).toEqual(delayed);
      } finally {
        await right(`GRANT SELECT ON ${SCHEMA}.${table} TO`);
      }
      for (let look = 0; look < 200 && running.guarantee().level !== 'proven'; look++) {
        await allMove();
        await running.reach();
        await pause(60);
      }
      expect(said().at(-1)).toBe('proven');
    },
  );

  it('does not trust its view at once where the reader before was not sure: it waits for what may have begun unseen', async () => {
    const statement = `UPDATE ${SCHEMA}.setup_instruments SET ENABLED = ? WHERE NAME = 'transaction'`;
    const writer = await world.writer();
    const [clock] = await admin.query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now');
    const unsureFrom = String(clock?.now);
    await admin.query(statement, ['NO']);
    await writer.query('BEGIN');
    await writer.change(INSERT, ['unseen by the reader before']);
    await admin.query(statement, ['YES']);
    const frontier = await world.frontier(await world.capture(), { recheckMs: 50, unsureFrom });
    const reaches: Reach[] = [];
    const looks = async (most: number, over: () => boolean): Promise<void> => {
      for (let look = 0; look < most && !over(); look++) {
        await allMove();
        reaches.push(await frontier.reach());
        await pause(60);
      }
    };
    await looks(6, () => false);
    expect(frontier.guarantee().level).toBe('delayed');
    expect(reaches.map(({ doubtFrom }) => doubtFrom)).toEqual(Array(6).fill(unsureFrom));
    await writer.query('COMMIT');
    await writer.query('SELECT COUNT(*) FROM products');
    await looks(60, () => reaches.at(-1)?.rewindTo !== null);
    expect(frontier.guarantee().level).toBe('proven');
    expect(reaches.at(-1)?.rewindTo).toBe(unsureFrom);
    await writer.close();
  });
});

import type { Connection } from '../../../src/adapters/mysql/connect.js';
import type { Query } from '../../../src/adapters/mysql/query.js';
import type { Row } from '../../../src/core/pipeline.js';
import { pause } from '../../support/holding.js';
import { eventually } from '../../support/program.js';
import { type TableFeedWorld, tableFeedWorld } from '../../support/table-feed.js';

const moment = { type: 'long', logicalType: 'timestamp-micros' };
const fields = (...more: object[]) => [{ name: 'id', type: 'int' }, ...more, { name: 'last_updated', type: moment }];
const NAME = { name: 'name', type: 'string' };

let world: TableFeedWorld;
afterEach(async () => world.close());

const begun = async (columns = 'name VARCHAR(50) NOT NULL', more: object[] = [NAME], options = {}) => {
  world = await tableFeedWorld(columns, options);
  await world.schemaFile({ type: 'record', name: 'Fed', namespace: world.table, fields: fields(...more) });
  await world
    .sql(`INSERT INTO ${world.table} (id) VALUES (1)`)
    .catch(() => world.sql(`INSERT INTO ${world.table} (id, name) VALUES (1, 'one')`));
  const feed = world.start();
  await world.records(1);
  return feed;
};
/** The table is dropped just before the capture asks a question for the nth time, and made again a moment later. */
const awayAt = (question: RegExp, occurrence: number) => {
  let [asked, isBack] = [0, false];
  const drop = async (): Promise<void> => {
    const [made] = await world.sql<Record<string, string>>(`SHOW CREATE TABLE ${world.table}`);
    await world.sql(`DROP TABLE ${world.table}`);
    void pause(300)
      .then(() => world.sql(String(made?.['Create Table'])))
      .then(() => {
        isBack = true;
      });
  };
  return {
    around: (connection: Connection): Connection => ({
      ...connection,
      query: (async (sql: string, params: readonly unknown[]) => {
        if (question.test(sql.trim()) && ++asked === occurrence) await drop();
        return connection.query(sql, params);
      }) as Query,
    }),
    back: () => eventually('the table made again', 20_000, () => isBack || undefined),
  };
};
const alter = (what: string) => world.sql(`ALTER TABLE ${world.table} ${what}`);
const insert = (id: number, values: Readonly<Record<string, unknown>>) =>
  world.sql(`INSERT INTO ${world.table} SET ?`, [{ id, ...values }]);
const withoutTime = (rows: readonly Row[]) => rows.map(({ last_updated: _, ...row }) => row);

describe('a table that is changed while it is captured', () => {
  it('gives a column that was added, without a restart, to a reader that runs on', async () => {
    await begun();
    await alter('ADD COLUMN note VARCHAR(20) NULL, ADD COLUMN `how many` INT UNSIGNED NOT NULL DEFAULT 7');
    await insert(2, { name: 'two', note: 'new' });
    expect(withoutTime(await world.records(2))).toEqual([
      { id: 1, name: 'one' },
      { id: 2, name: 'two', note: 'new', 'how many': 7 },
    ]);
    expect(await world.versions()).toEqual(['id', 'name', 'last_updated', 'note', 'how_x20_many']);
    expect(world.messages.join('\n')).toMatch(/"added":\["note","how many"\]/);
  });

  it('keeps every row exact while columns come and go under load', async () => {
    await begun();
    let id = 1;
    for (let round = 0; round < 4; round++) {
      const column = `extra_${round}`;
      await alter(`ADD COLUMN ${column} INT NULL`);
      for (let n = 0; n < 25; n++) await insert(++id, { name: `n${id}`, [column]: id });
      if (round % 2 === 1) {
        await world.records(id);
        await alter(`DROP COLUMN ${column}`);
      }
    }
    const rows = await world.records(id);
    expect(rows).toHaveLength(id);
    for (const row of rows.slice(1)) {
      const round = Math.floor((Number(row.id) - 2) / 25);
      expect(row).toMatchObject({ name: `n${row.id}`, [`extra_${round}`]: row.id });
    }
    expect(await world.dead()).toBe(0);
  });

  it('reads the rows of the moment in which its cursor column lost its digits', async () => {
    const feed = await begun();
    for (let n = 2; n <= 5; n++) await insert(n, { name: `n${n}` });
    await world.records(5);
    await feed.stop();
    // As if no time had passed: a stamp of whole seconds lies before the position, which has six digits.
    const [{ at } = {}] = await world.sql<{ at: string }>(`SELECT CAST(MAX(last_updated) AS CHAR) at FROM ${world.table}`);
    await alter('MODIFY last_updated TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, ALGORITHM = COPY');
    await insert(6, { name: 'six', last_updated: String(at).slice(0, 19) });
    world.start();
    const rows = await world.records(6);
    expect(rows.map(({ id }) => id)).toContain(6);
  });

  it('goes on without a column whose field has a default', async () => {
    await begun('name VARCHAR(50) NOT NULL, size INT NULL, grade INT NOT NULL DEFAULT 5', [
      NAME,
      { name: 'size', type: ['null', 'int'], default: null },
      { name: 'grade', type: 'int', default: 3 },
    ]);
    await alter('DROP COLUMN size, DROP COLUMN grade');
    await insert(2, { name: 'two' });
    expect(withoutTime(await world.records(2))).toEqual([
      { id: 1, name: 'one', size: null, grade: 5 },
      { id: 2, name: 'two', size: null, grade: 3 },
    ]);
    expect(world.messages.join('\n')).toMatch(/"fields":\["size","grade"\]/);
  });

  it.each([
    [
      'of another type',
      'MODIFY name INT NOT NULL DEFAULT 0',
      'SCHEMA_DOES_NOT_FIT_TABLE',
      /'name' is string, but its column is int/,
    ],
    ['gone', 'DROP COLUMN name', 'SCHEMA_DOES_NOT_FIT_TABLE', /'name' is not a column/],
    ['renamed', 'CHANGE name title VARCHAR(50) NOT NULL', 'SCHEMA_DOES_NOT_FIT_TABLE', /'name' is not a column/],
    ['nullable', 'MODIFY name VARCHAR(50) NULL', 'SCHEMA_DOES_NOT_FIT_TABLE', /its column is nullable/],
  ])('stops before any row of that shape when a field is %s', async (_, change, code, words) => {
    const { ended } = await begun();
    // The table has to give its name up where that was text.
    await world.sql(`UPDATE ${world.table} SET name = '1'`);
    await world.records(2);
    await alter(change);
    await world.sql(`UPDATE ${world.table} SET last_updated = CURRENT_TIMESTAMP(6)`);
    await expect(ended).rejects.toMatchObject({ code, kind: 'configuration', message: expect.stringMatching(words) });
    expect(await world.records(2)).toHaveLength(2);
    expect(await world.dead()).toBe(0);
  });

  it('stops when a column that was picked up becomes another', async () => {
    const { ended } = await begun();
    await alter('ADD COLUMN note VARCHAR(20) NULL');
    await insert(2, { name: 'two', note: '2' });
    await world.records(2);
    await alter('MODIFY note INT NULL');
    await insert(3, { name: 'three', note: 3 });
    await expect(ended).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      kind: 'configuration',
      message: expect.stringMatching(/'note' was \[null, string\] and is now \[null, int\]/),
    });
    expect(await world.records(2)).toHaveLength(2);
  });

  it('stops when the column that it is read by is gone', async () => {
    const { ended } = await begun();
    await alter('DROP COLUMN last_updated');
    await expect(ended).rejects.toMatchObject({ code: 'CURSOR_COLUMN_MISSING', kind: 'configuration' });
  });

  it('stops when the table is gone', async () => {
    const { ended } = await begun();
    await world.sql(`DROP TABLE ${world.table}`);
    await expect(ended).rejects.toMatchObject({ code: 'TABLE_MISSING', kind: 'configuration' });
  });

  it('reads on when the table is emptied while running, or made anew while stopped', async () => {
    const { stop } = await begun();
    await world.sql(`TRUNCATE ${world.table}`);
    await insert(2, { name: 'two' });
    await world.records(2);
    await stop();
    // The server keeps the time of the making in whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const [made] = await world.sql<Record<string, string>>(`SHOW CREATE TABLE ${world.table}`);
    await world.sql(`DROP TABLE ${world.table}`);
    await world.sql(String(made?.['Create Table']));
    await insert(3, { name: 'three' });
    const { ended } = world.start();
    // MariaDB has no id of its own: there it could be another server, and a person has to choose.
    if (world.mariadb) return expect(ended).rejects.toMatchObject({ code: 'DATABASE_REPLACED', kind: 'integrity' });
    expect((await world.records(3)).map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(world.messages.join('\n')).toMatch(/the table was emptied or made anew/);
  });

  it('reads on when the table is dropped and made again, a moment later and with one column more', async () => {
    await begun();
    const [made] = await world.sql<Record<string, string>>(`SHOW CREATE TABLE ${world.table}`);
    await world.sql(`DROP TABLE ${world.table}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await world.sql(String(made?.['Create Table']).replace('PRIMARY KEY (', 'more INT NULL, PRIMARY KEY ('));
    await insert(2, { name: 'two', more: 9 });
    expect(withoutTime(await world.records(2))).toEqual([
      { id: 1, name: 'one' },
      { id: 2, name: 'two', more: 9 },
    ]);
  });

  it.each([
    ['the guarantee is decided', /^SHOW CREATE TABLE/, 1],
    ['a pass learns its columns', /information_schema\.COLUMNS/, 2],
    ['a pass learns its indexes', /information_schema\.STATISTICS/, 2],
  ])('reads on when the table is away for a moment while %s', async (_, question, occurrence) => {
    const { around, back } = awayAt(question, occurrence);
    world = await tableFeedWorld('name VARCHAR(50) NOT NULL', { around });
    const { ended } = world.start();
    await back();
    await insert(1, { name: 'one' });
    expect(withoutTime(await Promise.race([ended.then(() => []), world.records(1)]))).toEqual([{ id: 1, name: 'one' }]);
  });

  it('waits for a table that is away for a moment while it is asked whether its old rows are there', async () => {
    const { around, back } = awayAt(/<= .* LIMIT 1$/, 1);
    const { stop } = await begun('name VARCHAR(50) NOT NULL', [NAME], { around });
    await stop();
    await pause(1_100);
    const [made] = await world.sql<Record<string, string>>(`SHOW CREATE TABLE ${world.table}`);
    await world.sql(`DROP TABLE ${world.table}`);
    await world.sql(String(made?.['Create Table']));
    const { ended } = world.start();
    await back();
    if (world.mariadb) return expect(ended).rejects.toMatchObject({ code: 'DATABASE_REPLACED' });
    await insert(2, { name: 'two' });
    expect(withoutTime(await world.records(2))).toHaveLength(2);
  });

  it('takes no notice of a new column where the schema is closed', async () => {
    await begun('name VARCHAR(50) NOT NULL, secret INT NULL', [NAME], { closed: true });
    await alter('ADD COLUMN note VARCHAR(20) NULL');
    await insert(2, { name: 'two', note: 'x', secret: 1 });
    expect(withoutTime(await world.records(2))).toEqual([
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ]);
    expect(world.messages.join('\n')).toMatch(/"columns":\["secret","note"\].*leaves out/);
  });

  it('refuses a closed schema that leaves out the cursor: its records could not be told from rows yet to be sent', async () => {
    world = await tableFeedWorld('name VARCHAR(50) NOT NULL', { closed: true });
    const without = { type: 'record', name: 'Fed', namespace: world.table, fields: [{ name: 'id', type: 'int' }, NAME] };
    await world.schemaFile(without);
    await expect(world.start().ended).rejects.toMatchObject({
      code: 'SCHEMA_DOES_NOT_FIT_TABLE',
      found: expect.stringMatching(/leaves out 'last_updated', and only the columns that it names travel/),
    });
  });

  it('follows a table that has no schema file', async () => {
    world = await tableFeedWorld('name VARCHAR(50) NOT NULL, at DATE NOT NULL');
    await insert(1, { name: 'one', at: '2026-11-21' });
    const { ended } = world.start();
    await world.records(1);
    await alter('ADD COLUMN size DOUBLE NOT NULL DEFAULT 0.1');
    await insert(2, { name: 'two', at: '2026-11-22' });
    expect(withoutTime(await world.records(2))).toEqual([
      { id: 1, name: 'one', at: '2026-11-21' },
      { id: 2, name: 'two', at: '2026-11-22', size: 0.1 },
    ]);
    await alter('DROP COLUMN size');
    await insert(3, { name: 'three', at: '2026-11-23' });
    await world.records(3);
    await alter('DROP COLUMN at');
    await insert(4, { name: 'four' });
    await expect(ended).rejects.toMatchObject({
      code: 'SCHEMA_DOES_NOT_FIT_TABLE',
      message: expect.stringMatching(/'at' is not a column/),
    });
    expect(await world.records(3)).toHaveLength(3);
  });
});

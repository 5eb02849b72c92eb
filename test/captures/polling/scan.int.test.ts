import { openConnection } from '../../../src/adapters/mysql/connect.js';
import { scanTable } from '../../../src/captures/polling/scan.js';
import type { Row } from '../../../src/core/pipeline.js';
import { type TestDatabase, testDatabase } from '../../adapters/mysql/test-database.js';
import { silentLog } from '../../support/silent-log.js';

describe('a scan of a table', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  }, 120_000);
  afterAll(() => database?.drop());

  const STAMPED = 'at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';

  /** Makes a table with these keys and reads it in pages of two. */
  const scanned = async (table: string, keyColumn: string, keys: readonly unknown[], columns: string, fields?: string[]) => {
    const { params } = database;
    const connection = await openConnection(params, { role: 'test' });
    try {
      await connection.query(`CREATE TABLE ${table} (id ${keyColumn} PRIMARY KEY, ${columns} ${STAMPED}, KEY (at, id))`);
      for (const id of keys) await connection.query(`INSERT INTO ${table} SET ?`, [{ id }]);
    } finally {
      await connection.close();
    }
    const options = {
      name: table,
      connect: () => openConnection(params, { role: 'scan' }),
      database: params.database,
      table,
      cursor: 'at',
      key: 'id',
      schemaFile: '/none/there.avsc',
      everyMs: 20,
      pageRows: 2,
      delayMs: 5_000,
      log: silentLog,
    };
    const rows: Row[] = [];
    for await (const page of scanTable(options, (row) => fields ?? Object.keys(row))) rows.push(...page);
    return rows;
  };

  it.each([
    ['numbers', 'BIGINT UNSIGNED', ['1', '2', '9007199254740993', '9007199254740994', '18446744073709551615']],
    ['decimals', 'DECIMAL(30,2)', ['-1.50', '9007199254740993.01', '9007199254740993.02', '9007199254740993.03']],
    ['texts', 'VARCHAR(20)', ["a'b", 'b?', 'c\\', 'd', 'e']],
    ['bytes', 'BINARY(2)', [Buffer.from([0, 1]), Buffer.from([0, 200]), Buffer.from([200, 0]), Buffer.from([255, 255])]],
  ])('reads each row once, in the order of its key: %s', async (table, column, keys) => {
    const rows = await scanned(table, column, keys, '');
    expect(rows.map(({ id }) => (Buffer.isBuffer(id) ? id : String(id)))).toEqual(keys);
  });

  it('gives values as the capture reads them, whatever the columns are called', async () => {
    const columns = "`how many?` FLOAT DEFAULT 0.1, flags BIT(5) DEFAULT b'101', `__proto__` INT ZEROFILL DEFAULT 7,";
    const rows = await scanned('things', 'INT', [1, 2, 3], columns);
    // Whether a whole number comes as a number or as text is the server's affair: it goes by the width of its type.
    const printed = rows.map((row) => Object.entries(row).map(([name, value]) => [name, String(value)]));
    expect(printed.map((row) => row.slice(0, -1))).toEqual(
      [1, 2, 3].map((id) => [
        ['id', String(id)],
        ['how many?', '0.10000000149011612'],
        ['flags', '5'],
        ['__proto__', '7'],
      ]),
    );
  });

  it('reads only the fields that are asked for, and the key', async () => {
    const rows = await scanned('some', 'INT', [1, 2, 3], 'a INT DEFAULT 1, b INT DEFAULT 2,', ['b']);
    expect(rows).toEqual([1, 2, 3].map((id) => ({ id, b: 2 })));
  });

  it('gives nothing of an empty table', async () => {
    expect(await scanned('nothing', 'INT', [], '')).toEqual([]);
  });
});

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Compiled, compileSources } from '../../adapters/mysql/compiled.js';
import { type TestDatabase, testDatabase } from '../../adapters/mysql/test-database.js';

const MOST_PAGE_BYTES = 32 * 1024 * 1024;
const FOLDERS = ['core', 'adapters/avro', 'adapters/avro/types', 'adapters/files', 'adapters/mysql', 'captures/polling'];

describe('a table of large rows', () => {
  let database: TestDatabase;
  let compiled: Compiled;
  beforeAll(async () => {
    database = await testDatabase();
    compiled = await compileSources(...FOLDERS);
  }, 120_000);
  afterAll(async () => {
    await compiled?.remove();
    await database?.drop();
  });

  /** Makes a table of small rows and then 600 of 400 KB, and captures it in a process whose heap has so many MiB. */
  const captured = async (table: string, smallRows: number, heapMiB: number) => {
    const { params, connection } = database;
    const name = `${params.database}.${table}`;
    const stamped = 'last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';
    await connection.query(
      `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, body LONGTEXT, ${stamped}, KEY (last_updated, id))`,
    );
    const insert = (values: string, rows: number) =>
      connection.query(`INSERT INTO ${name} (body) VALUES ${Array(rows).fill(values).join(', ')}`);
    if (smallRows > 0) await insert("('small')", smallRows);
    for (let n = 0; n < 12; n++) await insert("(REPEAT('x', 400000))", 50);
    const LARGE_ROWS_CHILD = JSON.stringify({ directory: compiled.directory, params, table, schemaFile: '/none/there.avsc' });
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, join(__dirname, 'large-rows-child.mjs')], {
      env: { ...process.env, NODE_OPTIONS: '', LARGE_ROWS_CHILD },
    });
    let [said, complaint] = ['', ''];
    child.stdout.on('data', (data) => {
      said += String(data);
    });
    child.stderr.on('data', (data) => {
      complaint += String(data);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([complaint, code]).toEqual(['', 0]);
    await connection.query(`DROP TABLE ${name}`);
    return JSON.parse(said) as { records: number; largest: number; failures: string[] };
  };

  it('is captured with a heap of 160 MiB, though 600 of its rows have 240 MB', async () => {
    const { records, largest, failures } = await captured('documents', 0, 160);
    expect({ records, failures }).toEqual({ records: 600, failures: [] });
    expect(largest).toBeLessThanOrEqual(MOST_PAGE_BYTES);
  }, 180_000);

  it('is read on where large rows follow small ones: it begins again with small pages until they have come up to them', async () => {
    const { records, largest, failures } = await captured('filled', 3_000, 400);
    expect(records).toBe(3_600);
    expect(failures).toContainEqual(expect.stringMatching(/an answer of more than 128 MiB/));
    expect(largest).toBeLessThanOrEqual(128 * 1024 * 1024);
  }, 180_000);
});

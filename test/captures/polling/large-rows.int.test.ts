import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Compiled, compileSources } from '../../adapters/mysql/compiled.js';
import { type TestDatabase, testDatabase } from '../../adapters/mysql/test-database.js';

const HEAP_MIB = 160;
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

  it(`is captured with a heap of ${HEAP_MIB} MiB, though 600 of its rows have 240 MB`, async () => {
    const { params, connection } = database;
    const table = `${params.database}.documents`;
    const stamped = 'last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';
    await connection.query(
      `CREATE TABLE ${table} (id INT AUTO_INCREMENT PRIMARY KEY, body LONGTEXT, ${stamped}, KEY (last_updated, id))`,
    );
    const rows = Array(50).fill("(REPEAT('x', 400000))").join(', ');
    for (let n = 0; n < 12; n++) await connection.query(`INSERT INTO ${table} (body) VALUES ${rows}`);
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, join(__dirname, 'large-rows-child.mjs')], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        LARGE_ROWS_CHILD: JSON.stringify({
          directory: compiled.directory,
          params,
          table: 'documents',
          schemaFile: '/none/there.avsc',
        }),
      },
    });
    let [said, complaint] = ['', ''];
    child.stdout.on('data', (data) => {
      said += String(data);
    });
    child.stderr.on('data', (data) => {
      complaint += String(data);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(complaint).toBe('');
    expect(code).toBe(0);
    const { records, largest } = JSON.parse(said);
    expect(records).toBe(600);
    expect(largest).toBeLessThanOrEqual(32 * 1024 * 1024);
  }, 180_000);
});

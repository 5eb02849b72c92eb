// Existing rows of MySQL into the topic, then from the topic into five logs.
import { openConnection } from '../dist/adapters/mysql/connect.js';
import { GIVE_UP_MS, peakMiB, sum } from './world.mjs';

export const INSTANCES = 5;

export const fill = async (servers, rows, say) => {
  const connection = await openConnection(
    {
      host: servers.MYSQL_HOST,
      port: Number(servers.MYSQL_PORT),
      user: servers.MYSQL_ADMIN_USER,
      password: servers.MYSQL_ADMIN_PASSWORD,
      database: servers.MYSQL_DATABASE,
    },
    { role: 'bench', deadlineMs: GIVE_UP_MS },
  );
  for (let from = 0; from < rows; from += 100_000) {
    const count = Math.min(100_000, rows - from);
    await connection.change(
      `INSERT INTO products (name, category, price)
       SELECT CONCAT('product ', seq), CONCAT('cat_', seq % 5 + 1), (seq % 100000) / 100 FROM seq_1_to_${count}`,
    );
    say(`${from + count} rows in the table`);
  }
  await connection.close();
};

export async function* products({ servers, reader, admin, program, until, say, rows }) {
  const rate = (ms) => Math.round(rows / (ms / 1000));
  await program('setup').ended;
  await fill(servers, rows, say);
  yield ['rows', rows];
  let begun = performance.now();
  const producer = program('produce', 'products');
  await until('the topic', async () => sum(await reader.endOffsets('product_updates')) >= rows);
  const published = performance.now() - begun;
  yield ['rows/s into the topic', rate(published)];
  yield ['peak memory of the producer, MiB', peakMiB(producer)];
  begun = performance.now();
  const workers = Array.from({ length: INSTANCES }, (_, n) => program('consume', 'products', '--instance', `consumer_${n + 1}`));
  await until('the logs', async () => sum(await admin.committed('product_workers', 'product_updates')) >= rows);
  const consumed = performance.now() - begun;
  yield ['rows/s from the topic into five logs', rate(consumed)];
  yield ['peak memory of a worker, MiB', Math.max(...workers.map(peakMiB))];
  yield ['rows/s end to end, one after the other', rate(published + consumed)];
}

// Existing rows through the topic into five logs; then all three compared.
import { fill, INSTANCES } from './products.mjs';
import { peakMiB, sum } from './world.mjs';

export async function* verify({ servers, reader, admin, program, until, say, rows }) {
  await program('setup').ended;
  await fill(servers, rows, say);
  const feed = program('produce', 'products');
  const workers = Array.from({ length: INSTANCES }, (_, n) => program('consume', 'products', '--instance', `consumer_${n + 1}`));
  await until('the topic', async () => sum(await reader.endOffsets('product_updates')) >= rows);
  await until('the logs', async () => sum(await admin.committed('product_workers', 'product_updates')) >= rows);
  for (const { child } of [feed, ...workers]) child.kill('SIGTERM');
  await Promise.all([feed, ...workers].map(({ ended }) => ended));
  yield ['rows', rows];
  for (const options of [[], ['--deep']]) {
    const what = options.length === 0 ? 'key, time and place' : 'every field';
    const begun = performance.now();
    let memory = 0;
    const running = program('verify', 'products', ...options);
    const watch = setInterval(() => {
      // Not a number for a process that has just ended.
      const now = running.child.exitCode === null ? peakMiB(running) : 0;
      if (now > memory) memory = now;
    }, 100);
    const code = await running.ended;
    clearInterval(watch);
    if (code !== 0) throw new Error(`verify ended with ${code}`);
    const seconds = (performance.now() - begun) / 1000;
    yield [`rows and lines/s, ${what}, with the start of the program`, Math.round((2 * rows) / seconds)];
    yield [`peak memory, ${what}, MiB`, memory];
  }
}

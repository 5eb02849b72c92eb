import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { pause } from '../support/holding.js';

const HOUR_MS = 3_600_000;
const PRELOAD = pathToFileURL(join(__dirname, '..', 'support', 'preload.mjs')).href;

let world: FaultWorld;
beforeAll(async () => {
  world = await faultWorld('clock');
}, 180_000);
afterEach(() => world.calm());
afterAll(() => world?.close(), 60_000);

describe("fault 18: the bridge's own clock jumps by an hour, the database's does not", () => {
  it.each([
    ['forward', HOUR_MS],
    ['back', -HOUR_MS],
  ])(
    '%s, under load: no effect on what travels, and none on when for longer than a session',
    async (_way, offset) => {
      const env = { NODE_OPTIONS: `--import ${PRELOAD}`, FAULT_DIRECTORY: world.directory };
      const clock = join(world.directory, 'clock');
      await rm(clock, { force: true });
      const producer = world.produce(env);
      const workers = [await world.consume('consumer_1', env), await world.consume('consumer_2', env)];
      const load = world.load();
      await load.more(100);
      await writeFile(clock, String(offset));
      await Promise.all([pause(15_000), load.more(200)]);
      await world.finish([producer, ...workers], 30_000);
      for (const { stderr } of [producer, ...workers]) {
        expect(stderr()).not.toMatch(/"level":50/);
        // It did happen: the last line is dated an hour off.
        const dated = Date.parse(/"time":"([^"]+)"/.exec(stderr().trimEnd().split('\n').at(-1) ?? '')?.[1] ?? '');
        expect(Math.abs(dated - Date.now() - offset)).toBeLessThan(60_000);
      }
    },
    150_000,
  );
});

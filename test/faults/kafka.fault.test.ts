import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { type OwnServers, ownServers } from '../support/own-servers.js';
import { eventually, type Program } from '../support/program.js';

let own: OwnServers;
let world: FaultWorld;
beforeAll(async () => {
  own = await ownServers();
  world = await faultWorld('broker', own.servers);
}, 180_000);
afterAll(async () => {
  await world?.close();
  await own?.close();
}, 60_000);

describe('fault 1: the broker is killed in mid-batch', () => {
  it('five rounds, TERM and KILL, the last two without a pause: nothing lost, nothing twice', async () => {
    const producer = world.produce();
    const workers: Program[] = [await world.consume('consumer_1'), await world.consume('consumer_2')];
    const load = world.load();
    const records = async () => (await world.verdict()).records;
    let before = await records();
    for (const [signal, pause] of [
      ['SIGTERM', true],
      ['SIGKILL', true],
      ['SIGTERM', true],
      ['SIGKILL', false],
      ['SIGKILL', false],
    ] as const) {
      await load.more(100);
      await own.kafka.kill(signal);
      await load.more(30);
      await own.kafka.start();
      // With a pause the feed is known to go on; without one the next kill meets whatever is under way.
      if (pause) await eventually('more records', 60_000, async () => ((await records()) > before ? true : undefined));
      before = await records();
    }
    await load.more(100);
    await world.records(500);
    await world.finish([producer, ...workers], 60_000);
    expect(producer.stderr()).toMatch(/"code":"KAFKA_UNAVAILABLE"/);
  }, 280_000);
});

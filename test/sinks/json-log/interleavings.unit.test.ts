import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type BridgeError, isTransient } from '../../../src/core/errors.js';
import type { Row } from '../../../src/core/pipeline.js';
import { partitionKey } from '../../../src/core/topic.js';
import { type JsonLog, jsonLog } from '../../../src/sinks/json-log/index.js';
import { result } from '../../contracts/sink.contract.js';
import { silentLog } from '../../support/silent-log.js';
import { type Life, type Machine, newMachine, randomFrom } from './simulation.js';

const PARTITIONS = 2;
const RECORDS = 8;
const INSTANCES = ['w1', 'w2', 'w3'];
const MOST_TURNS = 60_000;

const at = (partition: number) => ({ topic: 'orders', partition });
const keyOf = (partition: number) => partitionKey(at(partition));

type Worker = {
  readonly life: Life;
  readonly instance: string;
  sink: JsonLog<Row>;
  /** What it believes to be assigned, which may be long out of date. */
  belief: ReadonlySet<number>;
  heard: boolean;
  over: boolean;
  error?: unknown;
};

type World = Readonly<{
  directory: string;
  rotateBytes?: number;
  machine: Machine;
  random(): number;
  committed: bigint[];
  workers: Worker[];
}>;

/** The results of a record: now and then more than one. */
const unit = (partition: number, offset: bigint) =>
  Array.from({ length: offset % 5n === 3n ? 3 : 1 }, (_, part) => result(partition, offset, { id: Number(offset), part }));

/** What the worker runtime does, with a commit that may fail to happen. */
const work = async ({ random, committed }: World, worker: Worker): Promise<void> => {
  const { life, sink } = worker;
  let next = new Map<number, bigint>();
  const persist = async (call: (again: boolean) => Promise<void>): Promise<void> => {
    for (let again = false; ; again = true) {
      try {
        return await call(again);
      } catch (error) {
        if (!isTransient(error)) throw error;
        await life.step();
        if (worker.heard === false) return;
      }
    }
  };
  for (;;) {
    await life.step();
    if (worker.over) return sink.close();
    const assigned = [...worker.belief];
    if (!worker.heard) {
      worker.heard = true;
      next = new Map();
      await persist(async () => {
        const wanted = await sink.resume(assigned.map(at));
        await life.step();
        for (const p of assigned)
          next.set(
            p,
            [wanted.get(keyOf(p)) ?? 0n, committed[p] ?? 0n].reduce((a, b) => (a > b ? a : b)),
          );
      });
      continue;
    }
    const partition = assigned[Math.floor(random() * assigned.length)];
    const from = next.get(partition ?? -1);
    if (partition === undefined || from === undefined || from >= RECORDS) continue;
    const size = 1n + BigInt(Math.floor(random() * 3));
    const to = from + size > RECORDS ? BigInt(RECORDS) : from + size;
    let begin = from;
    let written = false;
    await persist(async (again) => {
      if (again) begin = (await sink.resume([at(partition)])).get(keyOf(partition)) ?? begin;
      const records = Array.from({ length: Number(to > begin ? to - begin : 0n) }, (_, index) => begin + BigInt(index));
      await sink.write(records.flatMap((offset) => unit(partition, offset)));
      written = true;
    });
    if (!written) continue;
    next.set(partition, begin > to ? begin : to);
    await life.step();
    if (random() < 0.5 && (committed[partition] ?? 0n) < to) committed[partition] = to;
  }
};

const start = (world: World, instance: string): Worker => {
  const life = world.machine.newLife();
  let names = 0;
  const sink = jsonLog<Row>({
    directory: world.directory,
    instance,
    log: silentLog,
    graceMs: 40,
    now: () => new Date('2026-11-21T01:22:33Z'),
    ...(world.rotateBytes === undefined ? {} : { rotateBytes: world.rotateBytes }),
    readRecordTimestamp: async (_topic, _partition, offset) => ({ kind: 'found', timestamp: 1_700_000_000_000 + Number(offset) }),
    files: life.files,
    processes: life.processes,
    pause: life.pause,
    unique: () => `${life.pid}-${++names}`,
  });
  const worker: Worker = { life, instance, sink, belief: new Set(), heard: true, over: false };
  world.workers.push(worker);
  work(world, worker).catch((error: unknown) => {
    worker.error = error;
    worker.over = true;
    // Another life of this instance holds the log: this one ends, as the program would.
    return sink.close().catch(() => {});
  });
  return worker;
};

const believe = (worker: Worker, belief: Iterable<number>): void => {
  worker.belief = new Set(belief);
  worker.heard = false;
};

const living = ({ workers }: World): Worker[] => workers.filter(({ life, over }) => life.state !== 'killed' && !over);

/** Something happens to one of the workers, or to what they believe. */
const happen = (world: World): void => {
  const { random, machine } = world;
  const some = living(world);
  const one = some[Math.floor(random() * some.length)];
  const dice = random();
  if (one === undefined || dice < 0.15) {
    const instance = INSTANCES[Math.floor(random() * INSTANCES.length)] ?? 'w1';
    start(world, instance);
  } else if (dice < 0.3) machine.kill(one.life);
  else if (dice < 0.45) one.life.state = one.life.state === 'stopped' ? 'running' : 'stopped';
  else {
    const partition = Math.floor(random() * PARTITIONS);
    // Those that lost it may not hear of it.
    for (const other of some)
      if (other !== one && other.belief.has(partition) && random() < 0.6)
        believe(
          other,
          [...other.belief].filter((p) => p !== partition),
        );
    believe(one, [...one.belief, partition]);
  }
};

const turns = async ({ machine }: World, count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) if (!(await machine.turn())) return;
};

/** The text of a log and of the rotated ones before it. */
const textOf = (directory: string): string => rotatedText(directory) + currentText(directory);

/** Clocks stand still here, so the names differ by their number only. */
const rotatedText = (directory: string): string =>
  readdirSync(directory)
    .map((name) => /^consumer_log\.\d.*Z(?:-(\d+))?\.json$/.exec(name))
    .filter((match) => match !== null)
    .sort((a, b) => Number(a[1] ?? 1) - Number(b[1] ?? 1))
    .map(([name]) => readFileSync(join(directory, name), 'utf8'))
    .join('');

/** An instance that was killed early on may have none, but then nobody may hold it either. */
const currentText = (directory: string): string => {
  if (existsSync(join(directory, 'consumer_log.json'))) return readFileSync(join(directory, 'consumer_log.json'), 'utf8');
  for (const name of readdirSync(directory))
    if (name.includes('fenced-by') && readdirSync(join(directory, name)).some((file) => file === 'old' || file === 'new'))
      throw new Error('a log is left in a fence');
  return '';
};

const logged = ({ directory }: World): { text: string; partition: number; offset: number; instance: string }[] =>
  readdirSync(directory).flatMap((instance) =>
    textOf(join(directory, instance))
      .split('\n')
      .filter((line) => line !== '')
      .map((text) => ({ text, ...JSON.parse(text)._kafka, instance })),
  );

/** All wounds heal: nobody stands still, and one worker has all partitions and is told so. */
const heal = async (world: World): Promise<void> => {
  for (const { life } of world.workers) if (life.state === 'stopped') life.state = 'running';
  let last = living(world)[0] ?? start(world, 'w1');
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (last.over) last = living(world)[0] ?? start(world, 'w1');
    if (turn % 5_000 === 0)
      for (const worker of living(world)) believe(worker, worker === last ? Array.from({ length: PARTITIONS }, (_, p) => p) : []);
    await world.machine.turn();
    if (turn % 200 === 199 && complete(world)) return;
  }
};

const complete = (world: World): boolean => {
  try {
    return (
      living(world).every(({ heard }) => heard) &&
      new Set(logged(world).map(({ partition, offset }) => `${partition}/${offset}`)).size === PARTITIONS * RECORDS
    );
  } catch {
    return false;
  }
};

/** Every offset in exactly one log, whole, and in order. */
const verify = (world: World): void => {
  const lines = logged(world);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let offset = 0; offset < RECORDS; offset++) {
      const found = lines.filter((line) => line.partition === partition && line.offset === offset);
      expect({ partition, offset, lines: found.length, in: new Set(found.map(({ instance }) => instance)).size }).toEqual({
        partition,
        offset,
        lines: offset % 5 === 3 ? 3 : 1,
        in: 1,
      });
    }
    for (const instance of INSTANCES) {
      const offsets = lines
        .filter((line) => line.partition === partition && line.instance === instance)
        .map(({ offset }) => offset);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    }
  }
  for (const { error } of world.workers) if (error !== undefined) expect((error as BridgeError).code ?? error).toBe('LOG_LOCKED');
};

const runOnce = async ({
  seed,
  containers,
  fullDisk,
  rotateBytes,
}: {
  seed: number;
  containers: boolean;
  fullDisk: boolean;
  rotateBytes: number;
}): Promise<void> => {
  const random = randomFrom(seed);
  let healing = false;
  const freezing = random() * 0.03;
  const machine = newMachine({
    random,
    containers,
    fullDisk: () => (fullDisk && !healing ? 0.05 : 0),
    deafness: () => (healing ? 0 : 0.95),
    freezing: () => (healing ? 0.002 : freezing),
  });
  const directory = mkdtempSync(join(tmpdir(), 'rowbridge-sim-'));
  const rotating = rotateBytes === 0 ? {} : { rotateBytes };
  const world: World = { directory, ...rotating, machine, random, committed: Array(PARTITIONS).fill(0n), workers: [] };
  try {
    for (const instance of INSTANCES) believe(start(world, instance), instance === 'w1' ? [0] : instance === 'w2' ? [1] : []);
    for (let event = 0; event < 12; event++) {
      await turns(world, Math.floor(random() * 250));
      happen(world);
    }
    healing = true;
    await heal(world);
    verify(world);
  } finally {
    machine.end();
    rmSync(directory, { recursive: true, force: true });
  }
};

describe('any interleaving of workers, heirs, kills and stops', () => {
  it('leaves every record exactly once in all logs together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer(),
          containers: fc.boolean(),
          fullDisk: fc.boolean(),
          rotateBytes: fc.constantFrom(0, 1, 200, 500),
        }),
        runOnce,
      ),
      { numRuns: Number(process.env.RUNS ?? 60), ...(process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }) },
    );
  }, 600_000);
});

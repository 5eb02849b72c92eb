import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { delayOrAbort } from '../../../src/core/delay.js';
import { messageOf } from '../../../src/core/errors.js';
import { type FaultWorld, faultWorld, isClean, processesIn, verdictText } from '../../support/fault-world.js';
import { type OwnServers, ownServers } from '../../support/own-servers.js';
import { canMount, type SmallDisk, smallDisk } from '../../support/small-disk.js';
import { seeded } from '../../support/writers.js';
import { type KeptProgram, keepRunning } from './kept-program.js';
import { nextHarm } from './troubles.js';

const WORKERS = ['consumer_1', 'consumer_2', 'consumer_3'];
const SETTLE_MS = 120_000;
/** Between two harms, at most. */
const CALM_MS = 4_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const wanted = (args: readonly string[]): Readonly<{ minutes: number; seed: number }> => {
  const { values } = parseArgs({ args: [...args], options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const [minutes, seed] = [Number(values.minutes ?? 10), Number(values.seed ?? randomInt(1, 1_000_000))];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('usage: npm run soak -- [--minutes 10] [--seed 7]');
  return { minutes, seed };
};

/** Harm after harm until the time is over; how often each was done. */
const torment = async (
  own: OwnServers,
  programs: readonly KeptProgram[],
  disks: readonly SmallDisk[],
  random: () => number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> => {
  const done = new Map<string, number>();
  const from = Date.now();
  while (!signal.aborted && programs.every((program) => program.failure() === undefined)) {
    const harm = nextHarm(random);
    const what = await harm.run({ own, programs, disks, random, signal });
    done.set(harm.name, (done.get(harm.name) ?? 0) + 1);
    say(`${String(Math.round((Date.now() - from) / 1000)).padStart(5)} s  ${harm.name}: ${what}`);
    await delayOrAbort(random() * CALM_MS, signal);
  }
  return done;
};

type Result = Readonly<{ text: string; passed: boolean }>;

const judged = async (
  world: FaultWorld,
  programs: readonly KeptProgram[],
  committed: number,
  done: ReadonlyMap<string, number>,
): Promise<Result> => {
  const problems: string[] = [];
  const settled = await world.settled(SETTLE_MS).then(
    () => true,
    (error: unknown) => {
      problems.push(messageOf(error));
      return false;
    },
  );
  await Promise.all(programs.map((program) => program.stop()));
  for (const program of programs) problems.push(...[program.failure()].flatMap((found) => found ?? []));
  const left = processesIn(world.directory);
  if (left.length > 0) problems.push(`left running: ${left.join('; ')}`);
  const verdict = await world.verdict();
  if (!isClean(verdict)) problems.push('the oracle is not clean');
  const harms = [...done.values()].reduce((sum, one) => sum + one, 0);
  if (harms === 0 || verdict.records < 100) problems.push('vacuous: too little has happened');
  const lines = [
    `${harms} harms: ${[...done].map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `starts: ${programs.map((program) => `${program.name} ${program.starts()}`).join(', ')}`,
    `${committed} commits; ${verdictText(verdict)}`,
    ...(settled ? ['lag 0'] : []),
    ...problems,
  ];
  return { text: lines.join('\n'), passed: problems.length === 0 };
};

const run = async (minutes: number, seed: number, stop: AbortSignal): Promise<Result | undefined> => {
  const random = seeded(seed);
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const own = await ownServers();
    undo.push(own.close);
    stop.throwIfAborted();
    const world = await faultWorld('soak', own.servers);
    undo.push(world.close);
    const disks: SmallDisk[] = [];
    if (canMount) {
      for (const [place, bytes] of [
        [world.logs, 64 << 20],
        [join(world.directory, 'state'), 1 << 20],
      ] as const) {
        const disk = await smallDisk(place, bytes);
        undo.push(disk.unmount);
        disks.push(disk);
      }
    } else say('no full disk: only root on Linux can mount a small one');
    stop.throwIfAborted();
    return await torments(own, world, disks, random, minutes, stop);
  } finally {
    for (const step of undo.reverse()) await Promise.resolve(step()).catch((error: unknown) => say(messageOf(error)));
  }
};

const torments = async (
  own: OwnServers,
  world: FaultWorld,
  disks: readonly SmallDisk[],
  random: () => number,
  minutes: number,
  stop: AbortSignal,
): Promise<Result | undefined> => {
  const over = new AbortController();
  const alive = new AbortController();
  const env = { POLL_INTERVAL_MS: '100', PAGE_ROWS: '50' };
  const timer = setTimeout(() => over.abort(), minutes * 60_000);
  const programs = [
    keepRunning('producer', (extra) => world.run(['produce', 'products'], { ...env, ...extra }), alive.signal),
    ...WORKERS.map((name) =>
      keepRunning(name, (extra) => world.run(['consume', 'products', '--instance', name], extra), alive.signal),
    ),
  ];
  const load = world.load({ everyMs: 30 });
  try {
    const done = await torment(own, programs, disks, random, AbortSignal.any([over.signal, stop]));
    if (stop.aborted) return undefined;
    own.heal();
    const committed = await load.stop();
    say('healed; waiting for the rest to arrive');
    const result = judged(world, programs, committed, done);
    return await result;
  } finally {
    clearTimeout(timer);
    alive.abort();
    await Promise.all(programs.map((program) => program.stop()));
  }
};

/** Random faults under load for some minutes, then the oracle's verdict. @returns the exit code: 0 when clean, 1 when not, 130 after a signal */
export const soak = async (args: readonly string[]): Promise<number> => {
  const { minutes, seed } = wanted(args);
  say(`soak: ${minutes} minutes, seed ${seed} (again: npm run soak -- --minutes ${minutes} --seed ${seed})`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const result = await run(minutes, seed, stop.signal).catch((error: unknown) => {
    if (stop.signal.aborted) return undefined;
    return { text: messageOf(error), passed: false };
  });
  if (result === undefined) {
    say('stopped; everything has ended');
    return 130;
  }
  say(result.text);
  say(result.passed ? `PASSED, seed ${seed}` : `FAILED, seed ${seed}`);
  return result.passed ? 0 : 1;
};

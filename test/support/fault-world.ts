import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Load, type LoadOptions, startLoad } from './load.js';
import { clean, type Verdict } from './oracle.js';
import { endPrograms, eventually, type Program } from './program.js';
import { freshWorld, type World, type WorldServers } from './world.js';

/** A world for faults: load on the table, and the judgement after the fault. */
export type FaultWorld = World &
  Readonly<{
    /** Starts writers; their journal tells phantoms from then on. */
    load(options?: LoadOptions): Load;
    produce(env?: Readonly<Record<string, string>>): Program;
    /** Starts a worker and waits until it has its partitions. */
    consume(instance: string, env?: Readonly<Record<string, string>>): Promise<Program>;
    /** What a producer that should refuse does: the code it ends with, or `it goes on` as soon as it reads the table or waits to. */
    refusal(producer: Program): Promise<number | string>;
    /** Ends what a test that failed has left: loads and programs. */
    calm(): Promise<void>;
    /** Waits until everything committed is in the topic and everything in the topic is in the logs. */
    settled(withinMs: number, from?: ReadonlyMap<number, number>): Promise<Verdict>;
    /**
     * The end of a fault test: settled within the time, every program stops with exit 0 and without a stack trace, none is left
     * running, and the oracle is clean. Gives the verdict.
     */
    finish(programs: readonly Program[], withinMs?: number, from?: ReadonlyMap<number, number>): Promise<Verdict>;
  }>;

const TROUBLE = /UNEXPECTED|[Uu]nhandled|^\s+at .+:\d+:\d+\)?$/m;

const GOES_ON = /"msg":"(guarantee|the clock of the database is behind the position)"/;

/** Processes that run in a directory: the programs of a world, and what they started. */
export const processesIn = (directory: string): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        return [];
      }
    });

/** The most memory a program has had, in MiB. */
export const peakMiB = ({ child }: Program): number => {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1]) / 1024);
};

/** All its counts are zero. */
export const isClean = (verdict: Verdict): boolean =>
  Object.keys(clean).every((count) => verdict[count as keyof typeof clean].length === 0);

/** The counts and the first of each, for a message. */
export const verdictText = (verdict: Verdict): string =>
  Object.entries(verdict)
    .map(([name, found]) =>
      Array.isArray(found) ? `${name} ${found.length}${found.length > 0 ? ` (${found.slice(0, 3)})` : ''}` : `${name} ${found}`,
    )
    .join(', ');

export const faultWorld = async (name: string, servers?: WorldServers): Promise<FaultWorld> => {
  const world = await freshWorld(name, {}, servers);
  const loads: Load[] = [];
  const mayTravel = (row: string): boolean => loads.length === 0 || loads.some((load) => load.mayTravel(row));
  const verdict: World['verdict'] = (from) => world.verdict(from, { mayTravel });
  const settled: FaultWorld['settled'] = async (withinMs, from) => {
    let last: Verdict | undefined;
    await eventually('everything in the logs', withinMs, async () => {
      last = await verdict(from);
      return last.lost.length === 0 && last.missing.length === 0 ? true : undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${last === undefined ? 'no verdict' : verdictText(last)}`);
    });
    return last as Verdict;
  };
  const calm = async (): Promise<void> => {
    await Promise.all(loads.map((load) => load.stop()));
    endPrograms();
  };
  return {
    ...world,
    verdict,
    load(options) {
      const load = startLoad(world, { seed: loads.length + 1, ...options });
      loads.push(load);
      return load;
    },
    produce: (env) => world.run(['produce', 'products'], { POLL_INTERVAL_MS: '100', ...env }),
    async consume(instance, env) {
      const worker = world.run(['consume', 'products', '--instance', instance], env);
      await worker.said('partitions assigned');
      return worker;
    },
    refusal: (producer) =>
      eventually<number | string>('an end, or reading', 30_000, () => {
        if (GOES_ON.test(producer.stderr())) return 'it goes on';
        return producer.child.exitCode === null && producer.child.signalCode === null ? undefined : producer.ended();
      }),
    settled,
    async finish(programs, withinMs = 60_000, from) {
      await Promise.all(loads.map((load) => load.stop()));
      await settled(withinMs, from).catch((error: Error) => {
        throw new Error(`${error.message}\n${programs.map((program) => program.stderr().slice(-1500)).join('\n----\n')}`);
      });
      const codes = await Promise.all(programs.map((program) => program.stop()));
      expect(codes).toEqual(programs.map(() => 0));
      for (const program of programs) expect(program.stderr()).not.toMatch(TROUBLE);
      expect(processesIn(world.directory)).toEqual([]);
      const judged = await verdict(from);
      expect(judged).toMatchObject(clean);
      return judged;
    },
    calm,
    async close() {
      await calm();
      await world.close();
    },
  };
};

import type { Row } from '../../../src/core/pipeline.js';
import type { JsonLog } from '../../../src/sinks/json-log/index.js';
import { type Life, newMachine } from './simulation.js';
import { newWorld } from './world.js';

export type Player = Readonly<{ life: Life; sink: JsonLog<Row> }>;

export const failure = <T>(doing: Promise<T>): Promise<unknown> =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Workers that move only when they are told to, call by call. */
export const newStage = async ({ containers = false, deafness = 0 } = {}) => {
  const world = await newWorld();
  const disk = { full: false };
  const machine = newMachine({
    random: () => 0,
    containers,
    fullDisk: () => (disk.full ? 1 : 0),
    deafness: () => deafness,
    freezing: () => 0,
  });
  return {
    world,
    machine,
    disk,
    start(instance: string): Player {
      const life = machine.newLife();
      let names = 0;
      const unique = () => `${life.pid}-${++names}`;
      return { life, sink: world.sink(instance, { files: life.files, processes: life.processes, pause: life.pause, unique }) };
    },
    /** Lets a player go on until what it does is done. */
    async done<T>({ life }: Player, doing: Promise<T>): Promise<T> {
      await machine.run(life, doing);
      return doing;
    },
    /** Lets a player go on until it is about to make a call that begins like this, for the n-th time. */
    async until({ life }: Player, doing: Promise<unknown>, call: string, nth = 1): Promise<void> {
      let seen = 0;
      await machine.run(life, doing, (what) => what.startsWith(call) && ++seen === nth);
      if (life.gates[0]?.what.startsWith(call) !== true)
        throw new Error(`it never came to '${call}', but to '${life.gates[0]?.what}'`);
    },
    async end(): Promise<void> {
      machine.end();
      await world.remove();
    },
  };
};

export type Stage = Awaited<ReturnType<typeof newStage>>;

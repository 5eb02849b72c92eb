import { delayOrAbort } from '../../../src/core/delay.js';
import type { Trouble as RegistryTrouble } from '../../support/fake-registry.js';
import type { OwnServer, OwnServers } from '../../support/own-servers.js';
import type { Trouble } from '../../support/proxy.js';
import type { SmallDisk } from '../../support/small-disk.js';
import type { KeptProgram } from './kept-program.js';

export type Scene = Readonly<{
  own: OwnServers;
  programs: readonly KeptProgram[];
  /** None where a disk cannot be made small. */
  disks: readonly SmallDisk[];
  random: () => number;
  signal: AbortSignal;
}>;

/** Does harm, waits, and undoes it. */
export type Harm = Readonly<{ name: string; weight: number; run(scene: Scene): Promise<string> }>;

const oneOf = <T>({ random }: Scene, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const between = ({ random }: Scene, least: number, most: number): number => Math.round(least + random() * (most - least));
const pause = ({ signal }: Scene, ms: number): Promise<boolean> => delayOrAbort(ms, signal);

const serverOf = (scene: Scene): readonly [string, OwnServer] =>
  oneOf(scene, [['Kafka', scene.own.kafka] as const, ['MySQL', scene.own.mysql] as const]);

const network = (scene: Scene): Trouble =>
  oneOf<Trouble>(scene, [
    { down: true },
    { blackHole: 'both' },
    { blackHole: 'to-server' },
    { blackHole: 'to-client' },
    { latencyMs: between(scene, 20, 300) },
    { sliceBytes: between(scene, 1, 300) },
    { diesAfterMs: [500, 1_500], sliceBytes: 97 },
  ]);

const MARKERS = ['before-publish', 'after-ack', 'after-save', 'before-write', 'after-write', 'after-commit'];

export const HARMS: readonly Harm[] = [
  {
    name: 'kill',
    weight: 5,
    async run(scene) {
      const program = oneOf(scene, scene.programs);
      const how = oneOf(scene, ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const);
      program.signal(how);
      return `${program.name}: ${how}`;
    },
  },
  {
    name: 'kill at a marker',
    weight: 4,
    async run(scene) {
      const program = oneOf(scene, scene.programs);
      const markers = MARKERS.slice(...(program.name === 'producer' ? [0, 3] : [3]));
      const marker = `${oneOf(scene, markers)}:${between(scene, 1, 20)}`;
      program.killAt(marker);
      return `${program.name}: ${marker}`;
    },
  },
  {
    name: 'stop and continue',
    weight: 2,
    async run(scene) {
      const program = oneOf(scene, scene.programs);
      const ms = between(scene, 500, 14_000);
      program.signal('SIGSTOP');
      await pause(scene, ms);
      program.signal('SIGCONT');
      return `${program.name} for ${ms} ms`;
    },
  },
  {
    name: 'cut',
    weight: 5,
    async run(scene) {
      const [name, server] = serverOf(scene);
      const trouble = network(scene);
      const ms = between(scene, 500, 12_000);
      server.proxy.trouble(trouble);
      await pause(scene, ms);
      server.proxy.heal();
      return `${name} ${JSON.stringify(trouble)} for ${ms} ms`;
    },
  },
  {
    name: 'reset',
    weight: 2,
    async run(scene) {
      const [name, server] = serverOf(scene);
      return `${name}: ${server.proxy.reset()} connections`;
    },
  },
  {
    name: 'server killed',
    weight: 2,
    async run(scene) {
      const [name, server] = serverOf(scene);
      const how = oneOf(scene, ['SIGKILL', 'SIGTERM'] as const);
      await server.kill(how);
      await pause(scene, between(scene, 0, 3_000));
      await server.start();
      return `${name}: ${how}`;
    },
  },
  {
    name: 'server held',
    weight: 1,
    async run(scene) {
      const [name, server] = serverOf(scene);
      const ms = between(scene, 500, 8_000);
      server.signal('SIGSTOP');
      await pause(scene, ms);
      server.signal('SIGCONT');
      return `${name} for ${ms} ms`;
    },
  },
  {
    name: 'registry',
    weight: 1,
    async run(scene) {
      const trouble = oneOf<RegistryTrouble>(scene, [{ status: 500 }, { status: 429 }, 'hang', 'reset']);
      const ms = between(scene, 1_000, 8_000);
      scene.own.registry.fail(() => trouble);
      await pause(scene, ms);
      scene.own.registry.heal();
      return `${JSON.stringify(trouble)} for ${ms} ms`;
    },
  },
  {
    name: 'disk full',
    weight: 2,
    async run(scene) {
      if (scene.disks.length === 0) return 'left out';
      const disk = oneOf(scene, scene.disks);
      const ms = between(scene, 1_000, 8_000);
      await disk.fill(between(scene, 0, 3) * 4_096);
      await pause(scene, ms);
      await disk.free();
      return `${disk.name} for ${ms} ms`;
    },
  },
];

/** One of the harms, by its weight. */
export const nextHarm = (random: () => number): Harm => {
  const lots = HARMS.flatMap((harm) => Array.from({ length: harm.weight }, () => harm));
  return lots[Math.floor(random() * lots.length)] as Harm;
};

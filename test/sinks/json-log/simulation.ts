import fs from 'node:fs';
import { basename } from 'node:path';
import type { FileSystem, OpenFile } from '../../../src/adapters/files/file-system.js';
import type { Processes } from '../../../src/adapters/files/process-identity.js';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

type Gate = Readonly<{ what: string; run(): void; die(): void }>;

/** A process whose every call to the system waits until it is let through; it can be stopped, and killed with a call half done. */
export type Life = Readonly<{
  pid: number;
  files: FileSystem;
  processes: Processes;
  /** Waits to be let through, as a call to the system does. */
  step(): Promise<void>;
  pause(ms: number): Promise<void>;
  gates: Gate[];
  state: 'running' | 'stopped' | 'killed';
}> & { state: 'running' | 'stopped' | 'killed' };

export type Chaos = Readonly<{
  random(): number;
  /** Whether a pid says nothing to the others, as between containers. */
  containers: boolean;
  /** The part of writes that fail half done. */
  fullDisk(): number;
  /** The part of looks at another's lock that miss its heartbeat. */
  deafness(): number;
  /** The part of turns after which somebody stands still for a while. */
  freezing(): number;
}>;

const enospc = (): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

/** All lives on this machine, and who is let through next. */
export const newMachine = (chaos: Chaos) => {
  const lives: Life[] = [];
  const open = new Set<number>();
  const frozen = new Map<Life, number>();
  let beats = 0;
  let turns = 0;

  /** A life that is let through by nobody for a while, wherever it stands: what a busy machine does. */
  const freezeSome = (): void => {
    if (chaos.random() >= chaos.freezing()) return;
    const life = lives[Math.floor(chaos.random() * lives.length)];
    if (life !== undefined) frozen.set(life, turns + Math.floor(chaos.random() * 600));
  };

  /** A lock as it looks: that of a running life has been refreshed since the last look. */
  const statOf = (path: string): fs.Stats => {
    const found = fs.statSync(path);
    const holder = /worker\.lock[/\\](\d+)-/.exec(path)?.[1];
    if (lives[Number(holder) - 1]?.state === 'running' && chaos.random() >= chaos.deafness()) found.mtimeMs = ++beats;
    return found;
  };

  const newLife = (): Life => {
    const pid = lives.length + 1;
    const gates: Gate[] = [];

    const call = <T>(what: string, run: () => T, dying: () => void = () => {}): Promise<T> =>
      new Promise((resolve, reject) => {
        gates.push({
          what,
          run() {
            try {
              resolve(run());
            } catch (error) {
              reject(error);
            }
          },
          die: dying,
        });
      });

    const openFile = (fd: number, path: string): OpenFile => {
      const name = basename(path);
      const write = (bytes: Buffer, at: number, length: number) => fs.writeSync(fd, bytes, at, length);
      return {
        read: (buffer: Buffer, at: number, length: number, position: number) =>
          call(`read ${name}`, () => ({ bytesRead: fs.readSync(fd, buffer, at, length, position), buffer })),
        write: (bytes: Buffer, at: number, length: number) =>
          call(
            `write ${name}`,
            () => {
              if (chaos.random() >= chaos.fullDisk()) return { bytesWritten: write(bytes, at, length), buffer: bytes };
              write(bytes, at, Math.floor(chaos.random() * length));
              throw enospc();
            },
            () => void write(bytes, at, Math.floor(chaos.random() * (length + 1))),
          ),
        stat: () => call(`fstat ${name}`, () => fs.fstatSync(fd)),
        truncate: (length?: number) => call(`truncate ${name}`, () => fs.ftruncateSync(fd, length)),
        chmod: (mode: number) => call(`fchmod ${name}`, () => fs.fchmodSync(fd, mode)),
        datasync: () => call(`datasync ${name}`, () => {}),
        sync: () => call(`sync ${name}`, () => {}),
        close: () =>
          call(`close ${name}`, () => {
            open.delete(fd);
            fs.closeSync(fd);
          }),
      } as unknown as OpenFile;
    };

    const files: FileSystem = {
      open: (path, flags, mode) =>
        call(`open ${basename(path)}`, () => {
          const fd = fs.openSync(path, flags, mode);
          open.add(fd);
          return openFile(fd, path);
        }),
      readFile: (path, encoding) => call(`readFile ${basename(path)}`, () => fs.readFileSync(path, encoding)),
      readdir: (path) => call(`readdir ${basename(path)}`, () => fs.readdirSync(path)),
      stat: (path) => call(`stat ${basename(path)}`, () => statOf(path)),
      rename: (from, to) => call(`rename ${basename(from)} ${basename(to)}`, () => fs.renameSync(from, to)),
      unlink: (path) => call(`unlink ${basename(path)}`, () => fs.unlinkSync(path)),
      mkdir: (path, options) => call(`mkdir ${basename(path)}`, () => fs.mkdirSync(path, options)),
      rmdir: (path) => call(`rmdir ${basename(path)}`, () => fs.rmdirSync(path)),
      chmod: (path, mode) => call(`chmod ${basename(path)}`, () => fs.chmodSync(path, mode)),
      utimes: async () => {},
    };

    const processes: Processes = {
      self: { pid, host: 'here', pidNamespace: '', bootId: '', startTime: String(pid) },
      stateOf: (other) => (chaos.containers ? 'unknown' : lives[other.pid - 1]?.state === 'killed' ? 'gone' : 'alive'),
    };

    const life: Life = {
      pid,
      files,
      processes,
      gates,
      state: 'running',
      step: () => call('step', () => {}),
      pause: () => call('pause', () => {}),
    };
    lives.push(life);
    return life;
  };

  return {
    lives,
    newLife,
    kill(life: Life): void {
      life.state = 'killed';
      for (const { die } of life.gates.splice(0)) if (chaos.random() < 0.5) die();
    },
    /** Lets one waiting call through; false when nobody waits. */
    async turn(): Promise<boolean> {
      turns++;
      freezeSome();
      const waiting = lives.filter(({ state, gates }) => state === 'running' && gates.length > 0);
      const thawed = waiting.filter((life) => (frozen.get(life) ?? 0) <= turns);
      const ready = thawed.length > 0 ? thawed : waiting;
      const life = ready[Math.floor(chaos.random() * ready.length)];
      if (life === undefined) return false;
      const [gate] = life.gates.splice(Math.floor(chaos.random() * life.gates.length), 1);
      gate?.run();
      await new Promise(setImmediate);
      return true;
    },
    /**
     * Lets only this life through, until what it does is done, or until it is about to make a call that `before` stops at.
     * @returns how many calls it made
     */
    async run(
      life: Life,
      doing: Promise<unknown>,
      before: (what: string, made: number) => boolean = () => false,
    ): Promise<number> {
      let over = false;
      const end = () => {
        over = true;
      };
      doing.then(end, end);
      for (let made = 0; ; made++) {
        await new Promise(setImmediate);
        const [gate] = life.gates;
        if (over || gate === undefined || before(gate.what, made)) return made;
        life.gates.shift();
        gate.run();
      }
    },
    end(): void {
      for (const life of lives) life.state = 'killed';
      for (const fd of open) fs.closeSync(fd);
    },
  };
};

export type Machine = ReturnType<typeof newMachine>;

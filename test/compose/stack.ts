import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Status } from '../../src/app/status.js';

const run = promisify(execFile);

const folderOf = (variable: string): string => {
  const folder = process.env[variable];
  if (folder === undefined) throw new Error(`${variable} is not set: start these tests with test/compose/run`);
  return folder;
};

export const stateFolder = join(folderOf('ROWBRIDGE_STATE_DIR'), 'products');
export const logsFolder = folderOf('ROWBRIDGE_LOGS_DIR');

/** Runs `docker compose` on the stack of `test/compose/run`; gives what it prints to stdout. */
export const compose = async (...args: string[]): Promise<string> => {
  const { stdout } = await run('docker', ['compose', ...args], { timeout: 280_000, maxBuffer: 1 << 26 });
  return stdout;
};

/** Stops and removes all services, those of profiles too, and all data but the folders of `test/compose/run`. */
export const takeDown = (): Promise<string> => compose('--profile', '*', 'down', '--volumes', '--timeout', '5');

/** A test that shows the end of every service's log where it fails, as long as there are services. */
export const telling = (run: () => Promise<void>) => async (): Promise<void> => {
  try {
    await run();
  } catch (error) {
    const logs = await compose('--profile', '*', 'logs', '--no-color', '--tail', '5').catch(String);
    process.stderr.write(`${logs.replaceAll(/^(.{300}).*$/gm, '$1…')}\n`);
    throw error;
  }
};

/** What `rowbridge status` says, asked for in the producer's container. */
export const status = async (): Promise<Status> =>
  JSON.parse(await compose('exec', '-T', 'producer', 'node', 'dist/main.js', 'status', 'products', '--json')) as Status;

/** Calls again until it gives something; the last error is the reason when it never does. */
export const eventually = async <T>(what: string, look: () => Promise<T | undefined>, withinMs = 90_000): Promise<T> => {
  const deadline = Date.now() + withinMs;
  let reason: unknown = 'it did not come true';
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      reason = error;
    }
    await delay(500);
  }
  throw new Error(`${what}: not within ${withinMs / 1000} s`, { cause: reason });
};

/** Which partitions each running consumer reads, once they read all ten together. */
export const assignment = (consumers: readonly string[]): Promise<Record<string, number[]>> =>
  eventually(`${consumers.join(', ')} read all partitions`, async () => {
    const running = (await status()).workers.filter((worker) => worker.running);
    const read = Object.fromEntries(
      running.map(({ instance, partitions }) => [instance, partitions.map(({ partition }) => partition)]),
    );
    return Object.keys(read).sort().join() === consumers.join() && Object.values(read).flat().length === 10 ? read : undefined;
  });

/** The topic's end offsets by partition when no row waits in the table and no record in the topic, else `undefined`. */
const endsWhenIdle = async (): Promise<ReadonlyMap<number, number> | undefined> => {
  const { feeds, workers } = await status();
  const partitions = workers.filter(({ running }) => running).flatMap((worker) => worker.partitions);
  const idle = feeds.every(({ rowsWaiting }) => rowsWaiting === 0) && partitions.every(({ lag }) => lag === 0);
  return idle && partitions.length === 10
    ? new Map(partitions.map(({ partition, end }): [number, number] => [partition, Number(end)]))
    : undefined;
};

/**
 * Waits until no row waits in the table and no record in the topic; gives the topic's end offsets by partition.
 * One look asks for rows and for offsets at different moments, so two in a row must agree.
 */
export const drained = (): Promise<ReadonlyMap<number, number>> =>
  eventually('all rows are in the logs', async () => {
    const first = await endsWhenIdle();
    if (first === undefined) return undefined;
    const second = await endsWhenIdle();
    return second !== undefined && [...second].join() === [...first].join() ? second : undefined;
  });

export type Line = Readonly<{
  instance: string;
  /** The line as it stands in the file: parsing would make floats of the prices. */
  text: string;
  id: number;
  name: string;
  category: string;
  last_updated: string;
  _kafka: Readonly<{ partition: number; offset: number }>;
}>;

/** All lines of all consumers' logs. */
export const logLines = async (): Promise<Line[]> => {
  const lines: Line[] = [];
  for (const instance of (await readdir(logsFolder)).sort()) {
    const text = await readFile(join(logsFolder, instance, 'consumer_log.json'), 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(0, -1)) lines.push({ ...(JSON.parse(line) as Line), text: line, instance });
  }
  return lines;
};

/** The offsets in the logs by partition, in order. */
export const offsetsIn = (lines: readonly Line[]): Record<number, number[]> => {
  const offsets: Record<number, number[]> = {};
  for (const { _kafka } of lines) {
    const list = offsets[_kafka.partition] ?? [];
    offsets[_kafka.partition] = list;
    list.push(_kafka.offset);
  }
  for (const list of Object.values(offsets)) list.sort((a, b) => a - b);
  return offsets;
};

/** What `offsetsIn` gives when each record of the topic is in the logs exactly once. */
export const eachOnce = (ends: ReadonlyMap<number, number>): Record<number, number[]> =>
  Object.fromEntries([...ends].filter(([, end]) => end > 0).map(([partition, end]) => [partition, [...Array(end).keys()]]));

import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, nodeFiles } from '../../../src/adapters/files/file-system.js';
import { eachLine } from '../../../src/app/verify/each-line.js';
import type { LogFile } from '../../../src/app/verify/evidence.js';
import { logFiles } from '../../../src/app/verify/gather-logs.js';
import { fenceLog } from '../../../src/sinks/json-log/fence.js';
import { surroundingsOf } from '../../../src/sinks/json-log/surroundings.js';
import { results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from '../../sinks/json-log/world.js';
import { silentLog } from '../../support/silent-log.js';

describe('the logs that a verification reads, while workers write, rotate and take over', () => {
  let world: World;
  let lives: number;
  beforeEach(async () => {
    lives = 0;
    world = await newWorld();
  });
  afterEach(() => world.remove());

  /** One life of an instance: logs some offsets of partition 0, then rotates if that is wanted. */
  const logged = async (instance: string, from: number, to: number, rotateBytes?: number): Promise<void> => {
    const now = () => new Date(Date.UTC(2026, 10, 21, 1, 22, ++lives));
    const sink = world.sink(instance, rotateBytes === undefined ? {} : { rotateBytes, now });
    await sink.resume([{ topic: 'orders', partition: 0 }]);
    await sink.write(results(0, from, to));
    await sink.close();
  };
  const takenOver = async (instance: string): Promise<void> => {
    const { ino } = await stat(world.pathOf(instance));
    await fenceLog(surroundingsOf({ log: silentLog }), join(world.directory, instance), ino);
  };
  const read = async (files: readonly LogFile[]): Promise<number[]> => {
    const found: number[] = [];
    await eachLine(files, 'orders', (_line, origin) => void found.push(origin?.offset ?? -1));
    return found;
  };
  /** Something that happens once, just before the log of an instance is opened. */
  const beforeOpening = (instance: string, happens: () => Promise<void>) => {
    let armed = false;
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        if (armed && path === world.pathOf(instance)) {
          armed = false;
          await happens();
        }
        return nodeFiles.open(path, flags, mode);
      },
    };
    return {
      files,
      arm() {
        armed = true;
      },
    };
  };

  it('are read whole when a log is taken over and rotated between listing and reading', async () => {
    await logged('w1', 0, 3);
    const files = await logFiles(world.directory);
    await takenOver('w1');
    await logged('w1', 3, 4, 1);
    await logged('w1', 4, 5);
    expect(await read(files)).toEqual([0, 1, 2]);
  });

  it('are read whole when a log is rotated between the looks for it', async () => {
    await logged('w1', 0, 3);
    const { files, arm } = beforeOpening('w1', async () => {
      await logged('w1', 3, 4, 1);
      await logged('w1', 4, 5);
    });
    const listed = await logFiles(world.directory, files);
    arm();
    expect(await read(listed)).toEqual([0, 1, 2]);
  });

  it('are read whole when a takeover begins between the looks for it, and is not finished', async () => {
    await logged('w1', 0, 3);
    const holder = world.pathOf('w1', 'consumer_log.json.fenced-by-heir');
    const { files, arm } = beforeOpening('w1', async () => {
      await mkdir(holder);
      await rename(world.pathOf('w1'), join(holder, 'old'));
    });
    const listed = await logFiles(world.directory, files);
    arm();
    expect(await read(listed)).toEqual([0, 1, 2]);
  });

  it('are listed whole, and none twice, when a log is rotated meanwhile', async () => {
    await logged('w1', 0, 3);
    const { files, arm } = beforeOpening('w1', async () => {
      await logged('w1', 3, 4, 1);
      await logged('w1', 4, 5);
    });
    arm();
    expect(await read(await logFiles(world.directory, files))).toEqual([0, 1, 2, 3, 4]);
  });

  it('are listed whole when, while some are listed, a rotated log is moved away and another rotated', async () => {
    await logged('w1', 0, 3, 1);
    await logged('w1', 3, 5);
    const { files, arm } = beforeOpening('w1', async () => {
      const [old] = (await world.files('w1')).filter((name) => /^consumer_log\.\d/.test(name));
      await rename(world.pathOf('w1', old), join(world.directory, 'packed'));
      await logged('w1', 5, 6, 1);
      await logged('w1', 6, 7);
    });
    arm();
    expect(await read(await logFiles(world.directory, files))).toEqual([3, 4, 5, 6]);
  });

  it('prove nothing by what was written since the first of them was listed', async () => {
    await logged('w1', 0, 3);
    await logged('w2', 3, 4);
    const { files, arm } = beforeOpening('w2', async () => {
      await logged('w1', 4, 5, 1);
      await logged('w1', 5, 6);
      await logged('w2', 6, 7);
    });
    const before = (await logFiles(world.directory)).map(({ bytes }) => bytes);
    arm();
    const listed = await logFiles(world.directory, files);
    await logged('w2', 7, 8);
    const sure: number[] = [];
    await eachLine(listed, 'orders', (line, origin) => void (line.at < line.file.bytes && sure.push(origin?.offset ?? -1)));
    // What w2 wrote meanwhile is sure: all before it is in a log that is listed. What came later is not read.
    expect([sure, await read(listed)]).toEqual([
      [0, 1, 2, 3, 6],
      [0, 1, 2, 4, 5, 3, 6],
    ]);
    expect(listed.map(({ bytes }) => bytes)).toEqual([before[0], 0, expect.any(Number)]);
  });
});

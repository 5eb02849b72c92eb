import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateFile } from '../../../src/adapters/files/state-file.js';
import type { Clients } from '../../../src/app/clients.js';
import { caughtUp } from '../../../src/app/verify/caught-up.js';
import { chooseCutoff, reachedBy } from '../../../src/app/verify/gather-table.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import type { FeedState, Replay } from '../../../src/core/position-store.js';

const ends = (end: number) => new Map([[0, BigInt(end)]]);
const state = (key: string, replays: readonly Replay[]): FeedState => ({
  position: { timestamp: '2026-11-21 01:22:33.000000', key },
  endOffsets: ends(5),
  clean: false,
  origin: {},
  replays,
});

describe('the cutoff', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-cutoff-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('knows every replay that has a record below it', async () => {
    const store = stateFile(directory);
    await store.load();
    await store.save(state('1', []));
    let looks = 0;
    const cutoff = await chooseCutoff(directory, async () => {
      looks++;
      // A replay begins, and publishes, just before the topic's end is read.
      if (looks === 1) await store.save(state('2', [{ at: 'now', from: null, endOffsets: ends(5) }]));
      return ends(7);
    });
    expect([looks, cutoff.state?.replays.length, cutoff.state?.position?.key]).toEqual([2, 1, '2']);
  });

  it('has a position that is older than the end of the topic', async () => {
    const store = stateFile(directory);
    await store.load();
    await store.save(state('1', []));
    const cutoff = await chooseCutoff(directory, async () => {
      await store.save(state('2', []));
      return ends(7);
    });
    expect(cutoff.state?.position?.key).toBe('1');
  });

  it('has no position where there is no state', async () => {
    expect(await chooseCutoff(directory, async () => ends(7))).toEqual({ state: null, ends: ends(7) });
  });
});

describe('a row that is due', () => {
  const positions = positionsOf('changed', 'id');
  const position = { timestamp: '2026-11-21 01:22:33.000000', key: '10' };
  const proven = reachedBy(positions, true, position, { level: 'proven', reason: '' }, 5_000);
  const delayed = reachedBy(positions, true, position, { level: 'delayed', reason: '' }, 5_000);

  it.each([
    ['at the position', '2026-11-21 01:22:33.000000', '10', true, false],
    ['of its time, with a later key', '2026-11-21 01:22:33.000000', '11', false, false],
    ['later', '2026-11-21 01:22:33.000001', '1', false, false],
    ['within the time that is read again', '2026-11-21 01:22:28.000001', '1', true, false],
    ['before that time', '2026-11-21 01:22:28.000000', '1', true, true],
  ])('lies %s', (_what, timestamp, key, whenProven, whenDelayed) => {
    expect([proven({ timestamp, key }), delayed({ timestamp, key })]).toEqual([whenProven, whenDelayed]);
  });

  it('is none of the same time where keys are in an order that only the server knows', () => {
    const reached = reachedBy(positions, false, position, { level: 'proven', reason: '' }, 0);
    const { timestamp } = position;
    expect(['10', '09', '11'].map((key) => reached({ timestamp, key }))).toEqual([true, false, false]);
    expect(reached({ timestamp: '2026-11-21 01:22:32.999999', key: '99' })).toBe(true);
  });

  it('is none without a position', () => {
    expect(
      reachedBy(positions, true, null, { level: 'proven', reason: '' }, 0)({ timestamp: '2026-11-21 00:00:00.000000', key: '1' }),
    ).toBe(false);
  });
});

describe('waiting for the workers', () => {
  const clients = (committed: readonly number[], members: number) => {
    let asked = 0;
    const admin = {
      committed: async () => ends(committed[Math.min(asked++, committed.length - 1)] ?? 0),
      members: async () => new Map(Array.from({ length: members }, (_, n) => [`worker ${n}`, []])),
    };
    const reader = {
      startOffsets: async () => ends(0),
      async *readRange() {
        yield [{}];
      },
    };
    return { clients: { admin, reader } as unknown as Clients, asked: () => asked };
  };
  const signal = new AbortController().signal;
  const of = { group: 'g', topic: 't', ends: ends(7) };

  it('goes on as soon as they have come to the cutoff', async () => {
    const { clients: running, asked } = clients([3, 5, 7, 9], 1);
    expect(await caughtUp(running, of, 60_000, signal)).toEqual(ends(7));
    expect(asked()).toBe(3);
  });

  it('does not wait for workers that do not run', async () => {
    const { clients: stopped, asked } = clients([3], 0);
    expect(await caughtUp(stopped, of, 60_000, signal)).toEqual(ends(3));
    expect(asked()).toBe(1);
  });

  it('gives up when the time is up', async () => {
    const { clients: stuck } = clients([3], 1);
    expect(await caughtUp(stuck, of, 300, signal)).toEqual(ends(3));
  });
});

import type { Frontier } from '../../../src/captures/polling/frontier.js';
import type { Keyset } from '../../../src/captures/polling/keyset.js';
import { poll } from '../../../src/captures/polling/poll.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import { delayOrAbort } from '../../../src/core/delay.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { PROCEDURES, runWriters } from '../../support/writers.js';

const WRITING_MS = 30_000;
const WRITERS = 24;

const keyset: Keyset = {
  table: '`products`',
  columns: ['`id`', '`last_updated`'],
  cursor: '`last_updated`',
  key: '`id`',
  integerKey: true,
};

/** What somebody who does not know better reads up to: the clock. */
const withoutHorizon = (
  query: CaptureWorld['capture'] extends () => Promise<infer C> ? (C extends { query: infer Q } ? Q : never) : never,
): Frontier => ({
  guarantee: () => ({ level: 'best-effort', reason: 'the horizon is taken out' }),
  async reach() {
    const now = String((await query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now'))[0]?.now);
    return { below: now, now, rewindTo: null, overlap: false, doubtFrom: null };
  },
});

/** Reads until the signal aborts; every version it saw, as `id@timestamp`. */
const readAll = async (world: CaptureWorld, bound: 'horizon' | 'clock', signal: AbortSignal): Promise<Set<string>> => {
  const connection = await world.capture();
  const { query } = connection;
  const frontier = bound === 'horizon' ? await world.frontier(connection) : withoutHorizon(query);
  const { positionOf, compare } = positionsOf('last_updated', 'id');
  const seen = new Set<string>();
  const pages = poll({
    query,
    keyset,
    frontier,
    positionOf,
    compare,
    digits: 6,
    after: null,
    everyMs: 50,
    pageRows: 1000,
    keysOrdered: true,
    overlapMs: 0,
    signal,
  });
  for await (const { values } of pages) for (const row of values) seen.add(`${row.id}@${row.last_updated}`);
  if (bound === 'horizon') expect(frontier.guarantee().level).toBe('proven');
  return seen;
};

describe('a capture under 24 concurrent writers', () => {
  let world: CaptureWorld;

  beforeAll(async () => {
    world = await captureWorld('stress');
    const admin = await world.admin();
    for (const procedure of PROCEDURES) await admin.query(procedure);
    const [account] = await (await world.writer()).query<{ who: string }>('SELECT CURRENT_USER() who');
    const [user, host] = String(account?.who).split('@');
    await admin.query('GRANT EXECUTE ON ??.* TO ?@?', [world.database, user, host]);
  }, 180_000);

  afterAll(async () => world.close());

  it('loses nothing with the horizon, and loses rows without it', async () => {
    const stop = new AbortController();
    const reading = [readAll(world, 'horizon', stop.signal), readAll(world, 'clock', stop.signal)];
    await runWriters({ connect: world.writer, writers: WRITERS, forMs: WRITING_MS, atLeast: 2_000, seed: 20261121 });
    await delayOrAbort(3_000, stop.signal);
    stop.abort();
    const [seen, seenWithout] = await Promise.all(reading);
    const rows = await (await world.capture()).query<{ id: number; last_updated: string }>(
      'SELECT id, last_updated FROM products',
    );
    const versions = rows.map((row) => `${row.id}@${row.last_updated}`);
    const lost = versions.filter((version) => !seen?.has(version));
    const lostWithout = versions.filter((version) => !seenWithout?.has(version));
    expect(lost).toEqual([]);
    expect(lostWithout.length).toBeGreaterThan(0);
  }, 240_000);

  it('loses nothing under 20 writers of whom 8 call nested procedures without pause', async () => {
    const stop = new AbortController();
    const reading = readAll(world, 'horizon', stop.signal);
    const styles = ['procedure', 'autocommit', 'procedure', 'begin', 'autocommit0'] as const;
    await runWriters({ connect: world.writer, writers: 20, forMs: 15_000, atLeast: 500, seed: 20261122, styles });
    await delayOrAbort(3_000, stop.signal);
    stop.abort();
    const seen = await reading;
    const rows = await (await world.capture()).query<{ id: number; last_updated: string }>(
      'SELECT id, last_updated FROM products',
    );
    expect(rows.map((row) => `${row.id}@${row.last_updated}`).filter((version) => !seen.has(version))).toEqual([]);
  }, 180_000);
});

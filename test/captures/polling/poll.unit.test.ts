import type { Query } from '../../../src/adapters/mysql/query.js';
import type { Reach } from '../../../src/captures/polling/frontier.js';
import { poll } from '../../../src/captures/polling/poll.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Position } from '../../../src/core/position.js';
import { timestampOf } from '../../../src/core/timestamp.js';
import { askedPage } from '../../support/asked-page.js';

const { positionOf, compare } = positionsOf('at', 'id');
const at = (second: number): string => timestampOf(BigInt(Math.round(second * 1e6)));
const row = (id: number, second: number): Row => ({ id, at: at(second) });

type Step = Readonly<{
  reach: Partial<Reach> & Readonly<{ below: string | null }>;
  rows?: readonly Row[];
  take?: readonly Row[];
}>;

/** Polls once a step; rows come into the table, or leave it, before its step. Gives what each poll handed on, and its last heartbeat. */
const polled = async (steps: readonly Step[], after: Position | null = null) => {
  const stop = new AbortController();
  const table: Row[] = [];
  const queue = [...steps];
  const query = (async (sql: string) => {
    const { after, below } = askedPage(sql);
    const found = table.filter((one) => (after === null || compare(positionOf(one), after) > 0) && String(one.at) < below);
    return found.sort((a, b) => compare(positionOf(a), positionOf(b)));
  }) as Query;
  const frontier = {
    guarantee: () => ({ level: 'proven' as const, reason: '' }),
    async reach(): Promise<Reach> {
      const step = queue.shift();
      if (queue.length === 0) stop.abort();
      for (const one of step?.rows ?? []) table.push(one);
      return { now: step?.reach.below ?? at(0), rewindTo: null, overlap: false, doubtFrom: null, below: null, ...step?.reach };
    },
  };
  const handedOn: number[][] = [];
  const heartbeats: (Position | undefined)[] = [];
  let wantsAgain: Position | undefined;
  let current: number[] = [];
  const keyset = { table: 't', columns: ['id'], cursor: 'at', key: 'id', integerKey: true };
  const options = {
    query,
    keyset,
    frontier,
    positionOf,
    compare,
    digits: 6,
    after,
    everyMs: 0,
    pageRows: 100,
    keysOrdered: true,
    overlapMs: 5_000,
  };
  for await (const { values, settled, position, again } of poll({ ...options, signal: stop.signal })) {
    for (const { id } of values) current.push(Number(id));
    if (again !== undefined) wantsAgain = again;
    if (values.length > 0) continue;
    handedOn.push(current);
    heartbeats.push(settled);
    expect(settled === undefined || (position !== null && compare(settled, position) < 0)).toBe(true);
    current = [];
  }
  return { handedOn, heartbeats, wantsAgain };
};

const last: Step = { reach: { below: at(200) } };

describe('polling', () => {
  it('reads again from where it is told, and hands on only what it has not handed on before', async () => {
    const { handedOn } = await polled([
      { reach: { below: at(110) }, rows: [row(1, 100), row(2, 105)] },
      { reach: { below: at(120), rewindTo: at(101) }, rows: [row(3, 103), row(4, 115)] },
      { reach: { below: at(130) }, rows: [row(5, 104), row(6, 125)] },
      last,
    ]);
    // Row 5 came late without being in doubt: nobody goes back for it.
    expect(handedOn.slice(0, 3)).toEqual([[1, 2], [3, 4], [6]]);
  });

  it('keeps a restart at the doubt for as long as there is one', async () => {
    const { heartbeats } = await polled([
      { reach: { below: at(110) }, rows: [row(1, 100)] },
      { reach: { below: at(120), overlap: true, doubtFrom: at(102) }, rows: [row(2, 112)] },
      { reach: { below: at(130), rewindTo: at(102) }, rows: [row(3, 103)] },
      last,
    ]);
    expect(heartbeats.slice(0, 3)).toEqual([undefined, { timestamp: at(102) }, undefined]);
  });

  it('hands a version on once, however often its seconds are read again after the clock was set back', async () => {
    const { handedOn } = await polled([
      { reach: { below: at(110) }, rows: [row(1, 100), row(2, 109)] },
      { reach: { below: at(95), now: at(95), rewindTo: at(90) }, rows: [row(3, 93)] },
      { reach: { below: at(101), now: at(101) } },
      { reach: { below: at(112), now: at(112) }, rows: [row(4, 106)] },
      last,
    ]);
    expect(handedOn.slice(0, 4)).toEqual([[1, 2], [3], [], [4]]);
  });

  it('ends where rows were missed that lie before its beginning: it does not know which of them have travelled', async () => {
    const { handedOn, wantsAgain } = await polled(
      [
        { reach: { below: at(110) }, rows: [row(1, 100), row(2, 105)] },
        { reach: { below: at(95), now: at(95), rewindTo: at(90) }, rows: [row(3, 93)] },
        last,
      ],
      { timestamp: at(100), key: '1' },
    );
    expect(handedOn).toEqual([[2], []]);
    expect(wantsAgain).toEqual({ timestamp: at(90) });
  });

  it('never says that a restart begins before its own beginning: what lies there has travelled', async () => {
    const after = { timestamp: at(100), key: '1' };
    const { heartbeats } = await polled(
      [
        { reach: { below: at(101), overlap: true }, rows: [row(1, 100), row(2, 100.5)] },
        { reach: { below: at(102), overlap: true } },
        last,
      ],
      after,
    );
    expect(heartbeats.slice(0, 2)).toEqual([after, after]);
  });

  it('keeps a restart at the doubt however many rows came since', async () => {
    const { heartbeats } = await polled([
      { reach: { below: at(110) }, rows: [row(1, 100)] },
      {
        reach: { below: at(400), now: at(1_000), overlap: true, doubtFrom: at(102) },
        rows: Array.from({ length: 250_000 }, (_, id) => ({ id: id + 2, at: timestampOf(112_000_000n + BigInt(id) * 1_000n) })),
      },
      last,
    ]);
    expect(heartbeats[1]).toEqual({ timestamp: at(102) });
  });

  it('says nothing of a poll that was aborted before its pages were read', async () => {
    const { handedOn, heartbeats } = await polled([
      { reach: { below: at(110) }, rows: [row(1, 100)] },
      { reach: { below: at(120) }, rows: [row(2, 112)] },
    ]);
    expect([handedOn, heartbeats]).toEqual([[[1]], [undefined]]);
  });
});

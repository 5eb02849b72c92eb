import fc from 'fast-check';
import {
  advanceHorizon,
  blockers,
  type Event,
  type HorizonState,
  type InFlight,
  initialHorizon,
  MOST_EPOCHS,
} from '../../../src/captures/polling/horizon.js';
import { timestampOf } from '../../../src/core/timestamp.js';

const at = (second: number): string => timestampOf(BigInt(second) * 1_000_000n);

const seen = (second: number, changes: Partial<InFlight> = {}): InFlight => ({
  now: at(second),
  statements: new Map(),
  threads: new Map(),
  transactions: new Map(),
  locks: new Map(),
  filtered: true,
  orphaned: false,
  ...changes,
});

const running = (event: number): Event => ({ event, ended: false });
const ended = (event: number): Event => ({ event, ended: true });
const stateAfter = (looks: readonly InFlight[]): HorizonState => looks.reduce(advanceHorizon, initialHorizon);

describe('the horizon', () => {
  it('is the clock where nothing is in flight', () => {
    expect(stateAfter([seen(1), seen(2)]).horizon).toBe(at(2));
  });

  it('stays behind a running statement until it has ended', () => {
    const busy = { statements: new Map([[7, running(10)]]), threads: new Map([[7, true]]) };
    expect(stateAfter([seen(1), seen(2, busy), seen(3, busy)]).horizon).toBe(at(1));
    const asleep = { statements: new Map([[7, ended(10)]]), threads: new Map([[7, false]]) };
    expect(stateAfter([seen(1), seen(2, busy), seen(3, asleep)]).horizon).toBe(at(3));
  });

  it('takes a missing row of a busy thread for no evidence', () => {
    const busy = { statements: new Map([[7, running(10)]]), threads: new Map([[7, true]]) };
    const hidden = { threads: new Map([[7, true]]) };
    expect(stateAfter([seen(1), seen(2, busy), seen(3, hidden), seen(4, hidden)]).horizon).toBe(at(1));
  });

  it('holds for a busy thread whose statement has never shown', () => {
    const hidden = { threads: new Map([[7, true]]) };
    expect(stateAfter([seen(1), seen(2, hidden), seen(3, hidden)]).horizon).toBe(at(1));
    expect(stateAfter([seen(1), seen(2, hidden), seen(3, { threads: new Map([[7, false]]) })]).horizon).toBe(at(3));
  });

  it('hands a statement over to its transaction', () => {
    const busy = { statements: new Map([[7, running(10)]]), threads: new Map([[7, true]]) };
    const idle = { threads: new Map([[7, false]]), transactions: new Map([[7, running(20)]]), locks: new Map([[7, [21]]]) };
    const committed = { threads: new Map([[7, false]]), transactions: new Map([[7, ended(20)]]) };
    expect(stateAfter([seen(1), seen(2, busy), seen(3, idle), seen(4, idle)]).horizon).toBe(at(1));
    expect(stateAfter([seen(1), seen(2, busy), seen(3, idle), seen(4, committed)]).horizon).toBe(at(4));
  });

  it('does not wait for transactions that have not written to the table, where the server can tell', () => {
    const reader = { threads: new Map([[7, false]]), transactions: new Map([[7, running(20)]]) };
    expect(stateAfter([seen(1), seen(2, reader)]).horizon).toBe(at(2));
    expect(stateAfter([seen(1), seen(2, { ...reader, filtered: false })]).horizon).toBe(at(1));
  });

  it('holds for a write lock that belongs to nobody', () => {
    expect(stateAfter([seen(1), seen(2, { locks: new Map([[9, [3]]]) })]).horizon).toBe(at(1));
    expect(stateAfter([seen(1), seen(2, { orphaned: true })]).horizon).toBe(at(1));
  });

  it('forgets everything when the clock goes back', () => {
    const state = stateAfter([seen(5), seen(4)]);
    expect(state).toMatchObject({ horizon: null, clockWentBack: true, epochs: [] });
    expect(advanceHorizon(state, seen(6)).horizon).toBe(at(6));
  });

  it('says what holds it', () => {
    const busy = { statements: new Map([[7, running(10)]]), threads: new Map([[7, true]]) };
    expect(blockers(stateAfter([seen(1, busy)]))).toEqual([{ kind: 'statement', thread: 7, event: 10 }]);
  });

  it('keeps its bookkeeping bounded under a blocker of an hour, and goes on afterwards', () => {
    const busy = { statements: new Map([[7, running(10)]]), threads: new Map([[7, true]]) };
    let state = stateAfter([seen(0)]);
    for (let second = 1; second <= 18_000; second++) {
      state = advanceHorizon(state, seen(second, busy));
      expect(state.epochs.length).toBeLessThanOrEqual(MOST_EPOCHS + 1);
    }
    expect(state.horizon).toBe(at(0));
    expect(advanceHorizon(state, seen(18_001)).horizon).toBe(at(18_001));
  });

  it('never passes a transaction that is still open, whatever else comes and goes', () => {
    // One thread opens a transaction at a look and ends it at a later one; others come and go at random.
    const look = fc.record({
      others: fc.array(
        fc.record({ thread: fc.integer({ min: 1, max: 4 }), event: fc.integer({ min: 1, max: 9 }), busy: fc.boolean() }),
      ),
    });
    fc.assert(
      fc.property(fc.array(look, { minLength: 3, maxLength: 40 }), fc.nat(10), fc.nat(30), (looks, opens, lasts) => {
        let state = initialHorizon;
        looks.forEach(({ others }, index) => {
          const open = index >= opens && index <= opens + lasts;
          const statements = new Map(others.filter(({ busy }) => busy).map(({ thread, event }) => [thread, running(event)]));
          const threads = new Map<number, boolean>(others.map(({ thread, busy }) => [thread, busy]));
          const transactions = new Map(others.map(({ thread, event }) => [thread, ended(event)]));
          if (open) {
            threads.set(99, false);
            transactions.set(99, running(500));
          }
          state = advanceHorizon(
            state,
            seen(index + 1, { statements, threads, transactions, locks: new Map(open ? [[99, [501]]] : []) }),
          );
          if (open && state.horizon !== null) expect(state.horizon < at(opens + 1)).toBe(true);
        });
      }),
    );
  });
});

describe('locks that tell of writes', () => {
  const lockOf = (...events: number[]) => new Map([[7, events]]);
  /** Begun by statement `begunBy`, as performance_schema numbers it. */
  const active = (event: number, begunBy: number): ReadonlyMap<number, Event> => new Map([[7, { event, ended: false, begunBy }]]);

  it('of a prepared transaction hold, whatever its session does meanwhile', () => {
    const prepared = { threads: new Map([[7, false]]), statements: new Map([[7, ended(17)]]), locks: lockOf(18) };
    const selecting = { threads: new Map([[7, true]]), statements: new Map([[7, running(19)]]), locks: lockOf(18) };
    const writing = { threads: new Map([[7, false]]), transactions: active(20, 19), locks: lockOf(18, 22) };
    const committed = { threads: new Map([[7, false]]), transactions: new Map([[7, ended(20)]]), locks: lockOf(18) };
    const others = [selecting, writing, committed, prepared];
    const looks = [seen(1), seen(2, prepared), ...others.map((other, index) => seen(3 + index, other))];
    expect(stateAfter(looks).horizon).toBe(at(1));
    expect(stateAfter([...looks, seen(9)]).horizon).toBe(at(9));
  });

  it('of a prepared transaction hold from the first statement after it, which has the number of the lock', () => {
    const next = {
      threads: new Map([[7, true]]),
      statements: new Map([[7, running(18)]]),
      transactions: active(19, 18),
      locks: lockOf(18),
    };
    expect(blockers(stateAfter([seen(1, next)]))).toContainEqual({ kind: 'lock', thread: 7, event: 18 });
  });

  it('of two prepared transactions hold until both are over', () => {
    const both = { locks: lockOf(18, 30) };
    expect(stateAfter([seen(1), seen(2, both), seen(3, { locks: lockOf(30) })]).horizon).toBe(at(1));
  });

  it('are handed over by the transaction that is prepared', () => {
    const before = { threads: new Map([[7, false]]), transactions: active(14, 13), locks: lockOf(16) };
    const after = { threads: new Map([[7, false]]), transactions: new Map([[7, ended(25)]]), locks: lockOf(18) };
    expect(stateAfter([seen(1), seen(2, before), seen(3, after), seen(4, after)]).horizon).toBe(at(1));
  });

  it('are handed over by a transaction that still shows when its session has gone', () => {
    const prepared = { threads: new Map([[7, false]]), transactions: active(14, 13), locks: lockOf(18) };
    const closing = { transactions: active(14, 13), locks: lockOf(18) };
    const gone = { locks: lockOf(18) };
    expect(stateAfter([seen(1), seen(2, prepared), seen(3, closing), seen(4, gone)]).horizon).toBe(at(1));
  });

  it('are not waited for beside the statement or the transaction that took them', () => {
    const statement = { threads: new Map([[7, true]]), statements: new Map([[7, running(10)]]), locks: lockOf(12) };
    const transaction = { threads: new Map([[7, false]]), transactions: active(9, 8), locks: lockOf(9) };
    expect(blockers(stateAfter([seen(1, statement)]))).toEqual([{ kind: 'statement', thread: 7, event: 10 }]);
    expect(blockers(stateAfter([seen(1, transaction)]))).toEqual([{ kind: 'transaction', thread: 7, event: 9 }]);
  });

  it('that were taken since the statements were listed hold back one look, and not the ones before it', () => {
    const brief = (lock: number) => ({
      threads: new Map([[7, false]]),
      statements: new Map([[7, ended(lock - 2)]]),
      locks: lockOf(lock),
    });
    expect(stateAfter([seen(1), seen(2, brief(12)), seen(3, brief(22)), seen(4, brief(32))]).horizon).toBe(at(3));
  });
});

describe('a statement of a thread that is no client', () => {
  it('holds for as long as it shows', () => {
    const shown = { statements: new Map([[7, running(10)]]) };
    expect(stateAfter([seen(1), seen(2, shown), seen(3, shown)]).horizon).toBe(at(1));
    expect(stateAfter([seen(1), seen(2, shown), seen(3)]).horizon).toBe(at(3));
  });
});

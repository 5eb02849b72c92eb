/**
 * The epoch horizon: the time before which no transaction can still commit a row.
 *
 * Each look at the server notes its clock and the identities of all that is in flight. A statement opens before its
 * timestamp is fixed, so whoever is stamped before that clock reading is in the list; once all of the list has ended,
 * the clock reading is the new horizon. Identities, not times: start times lose rows with every margin.
 */

/** What one look at the server found. Threads and events are performance_schema's numbers. */
export type InFlight = Readonly<{
  /** The server's clock, read before anything else. Canonical timestamp. */
  now: string;
  /** thread -> its top-level statement; `ended` where the server says so. */
  statements: ReadonlyMap<number, Event>;
  /** Threads of clients -> whether they are at work (not asleep). */
  threads: ReadonlyMap<number, boolean>;
  /** thread -> its current or last transaction. */
  transactions: ReadonlyMap<number, Event>;
  /** Threads that may have written to the table and not yet ended their transaction. Empty where the server cannot tell. */
  writers: ReadonlySet<number>;
  /** Whether `writers` is complete, so that transactions of other threads need not be waited for. */
  filtered: boolean;
  /** True when something holds a write that belongs to no living session (a prepared XA transaction). */
  orphaned: boolean;
}>;

export type Event = Readonly<{ event: number; ended: boolean }>;

/** Something whose end an epoch waits for. A `thread` is one that is at work without showing its statement. */
export type Awaited = Readonly<
  { kind: 'statement' | 'transaction'; thread: number; event: number } | { kind: 'thread'; thread: number }
>;

type Epoch = Readonly<{ now: string; waitingFor: readonly Awaited[] }>;

export type HorizonState = Readonly<{
  /** Oldest first. */
  epochs: readonly Epoch[];
  /** Everything stamped before this has ended. Null until the first epoch is over. */
  horizon: string | null;
  lastNow: string | null;
  /** The server's clock went back since the last look: nothing is certain until it has caught up. */
  clockWentBack: boolean;
}>;

/** More epochs than this are thinned out: dropping one only delays the horizon, and an hour's blocker must not fill the memory. */
export const MOST_EPOCHS = 64;

export const initialHorizon: HorizonState = { epochs: [], horizon: null, lastNow: null, clockWentBack: false };

const activeTransaction = (thread: number, seen: InFlight): Awaited | undefined => {
  const transaction = seen.transactions.get(thread);
  if (transaction === undefined || transaction.ended) return undefined;
  if (seen.filtered && !seen.writers.has(thread)) return undefined;
  return { kind: 'transaction', thread, event: transaction.event };
};

/** A statement has ended only on positive evidence: performance_schema leaves a running one out of its answer now and then. */
const statementEnded = (thread: number, event: number, seen: InFlight): boolean => {
  if (seen.threads.get(thread) !== true) return true;
  const shown = seen.statements.get(thread);
  if (shown === undefined) return false;
  return shown.ended ? shown.event >= event : shown.event !== event;
};

const transactionEnded = (thread: number, event: number, seen: InFlight): boolean => {
  const atWork = seen.threads.get(thread);
  if (atWork === undefined) return true;
  const shown = seen.transactions.get(thread);
  if (shown === undefined) return !atWork;
  return shown.event !== event || shown.ended;
};

/** What is left to wait for of one awaited thing, as it looks now; undefined when it is over. */
const stillAwaited = (awaited: Awaited, seen: InFlight): Awaited | undefined => {
  const { thread } = awaited;
  switch (awaited.kind) {
    case 'statement':
      return statementEnded(thread, awaited.event, seen) ? activeTransaction(thread, seen) : awaited;
    case 'transaction':
      return transactionEnded(thread, awaited.event, seen) ? undefined : awaited;
    case 'thread': {
      if (seen.threads.get(thread) !== true) return activeTransaction(thread, seen);
      const shown = seen.statements.get(thread);
      return shown === undefined || shown.ended ? awaited : { kind: 'statement', thread, event: shown.event };
    }
  }
};

/** All that may still commit a row stamped before `seen.now`. */
const inFlight = (seen: InFlight): Awaited[] => {
  const awaited: Awaited[] = [];
  for (const [thread, { event, ended }] of seen.statements) if (!ended) awaited.push({ kind: 'statement', thread, event });
  for (const [thread, atWork] of seen.threads) {
    const shown = seen.statements.get(thread);
    if (atWork && (shown === undefined || shown.ended)) awaited.push({ kind: 'thread', thread });
  }
  for (const thread of seen.transactions.keys()) {
    const transaction = activeTransaction(thread, seen);
    if (transaction !== undefined) awaited.push(transaction);
  }
  return awaited;
};

/** A thread that holds a write on the table but has neither a statement nor a transaction: a prepared XA transaction without its session. */
const hasOrphan = (seen: InFlight): boolean => {
  if (seen.orphaned) return true;
  for (const thread of seen.writers) {
    const statement = seen.statements.get(thread);
    const transaction = seen.transactions.get(thread);
    const running = statement !== undefined && !statement.ended;
    if (!running && seen.threads.get(thread) !== true && (transaction === undefined || transaction.ended)) return true;
  }
  return false;
};

/** Every second epoch goes; the oldest and the newest stay. */
const thinned = (epochs: readonly Epoch[]): readonly Epoch[] =>
  epochs.length <= MOST_EPOCHS ? epochs : epochs.filter((_, index) => index % 2 === 0 || index === epochs.length - 1);

/** The state after one more look at the server. Pure. */
export const advanceHorizon = (state: HorizonState, seen: InFlight): HorizonState => {
  if (state.lastNow !== null && seen.now < state.lastNow) {
    return { epochs: [], horizon: null, lastNow: seen.now, clockWentBack: true };
  }
  const epochs: Epoch[] = state.epochs.map(({ now, waitingFor }) => ({
    now,
    waitingFor: waitingFor.flatMap((awaited) => stillAwaited(awaited, seen) ?? []),
  }));
  epochs.push({ now: seen.now, waitingFor: inFlight(seen) });
  const over = hasOrphan(seen) ? -1 : epochs.findLastIndex(({ waitingFor }) => waitingFor.length === 0);
  return {
    epochs: thinned(epochs.slice(over + 1)),
    horizon: epochs[over]?.now ?? state.horizon,
    lastNow: seen.now,
    clockWentBack: false,
  };
};

/** What the oldest epoch waits for: what holds the horizon back. */
export const blockers = (state: HorizonState): readonly Awaited[] => state.epochs[0]?.waitingFor ?? [];

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
  /** thread -> the events under which it took locks on the table that a writer holds until its transaction ends. Empty where the server cannot tell. */
  locks: ReadonlyMap<number, readonly number[]>;
  /** Whether `locks` is complete, so that transactions of threads without one need not be waited for. */
  filtered: boolean;
  /** True when something holds a write that belongs to no living session and has no lock to be known by (a prepared XA transaction). */
  orphaned: boolean;
}>;

/** `begunBy`: of a transaction, the statement that began it. A lock's number is above that of the statement that took it. */
export type Event = Readonly<{ event: number; ended: boolean; begunBy?: number }>;

/**
 * Something whose end an epoch waits for. A `thread` is one that is at work without showing its statement. A `lock` is one that
 * nothing its thread does accounts for: a prepared XA transaction, whose session may have gone or be at something else.
 */
export type Awaited = Readonly<
  { kind: 'statement' | 'transaction' | 'lock'; thread: number; event: number } | { kind: 'thread'; thread: number }
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
  if (seen.filtered && !seen.locks.has(thread)) return undefined;
  return { kind: 'transaction', thread, event: transaction.event };
};

/** A statement has ended only on positive evidence: performance_schema leaves a running one out of its answer now and then. */
const statementEnded = (thread: number, event: number, seen: InFlight): boolean => {
  const atWork = seen.threads.get(thread);
  const shown = seen.statements.get(thread);
  // Statements of threads that are no client's show, the threads do not.
  if (atWork === undefined) return shown === undefined || shown.ended || shown.event !== event;
  if (!atWork) return true;
  if (shown === undefined) return false;
  return shown.ended ? shown.event >= event : shown.event !== event;
};

const transactionEnded = (thread: number, event: number, seen: InFlight): boolean => {
  const shown = seen.transactions.get(thread);
  // While its session is being torn down a transaction shows, and the thread does not.
  if (shown !== undefined) return shown.event !== event || shown.ended;
  return seen.threads.get(thread) !== true;
};

/** Locks of a thread that were taken by nothing it is doing now. */
const looseLocks = (thread: number, seen: InFlight): readonly Awaited[] => {
  const statement = seen.statements.get(thread);
  const transaction = seen.transactions.get(thread);
  const explained = (lock: number): boolean =>
    (statement !== undefined && !statement.ended && lock > statement.event) ||
    (transaction !== undefined && !transaction.ended && lock > (transaction.begunBy ?? transaction.event));
  const loose = (seen.locks.get(thread) ?? []).filter((lock) => !explained(lock));
  return loose.map((event) => ({ kind: 'lock', thread, event }));
};

/** What a thread may still commit once its statement or transaction is over. */
const leftBy = (thread: number, seen: InFlight): readonly Awaited[] => {
  const transaction = activeTransaction(thread, seen);
  return [...(transaction === undefined ? [] : [transaction]), ...looseLocks(thread, seen)];
};

/** What is left to wait for of one awaited thing, as it looks now; nothing when it is over. */
const stillAwaited = (awaited: Awaited, seen: InFlight): readonly Awaited[] => {
  const { thread } = awaited;
  switch (awaited.kind) {
    case 'statement':
      return statementEnded(thread, awaited.event, seen) ? leftBy(thread, seen) : [awaited];
    case 'transaction':
      return transactionEnded(thread, awaited.event, seen) ? looseLocks(thread, seen) : [awaited];
    case 'lock':
      return seen.locks.get(thread)?.includes(awaited.event) === true ? [awaited] : [];
    case 'thread': {
      if (seen.threads.get(thread) !== true) return leftBy(thread, seen);
      const shown = seen.statements.get(thread);
      return shown === undefined || shown.ended ? [awaited] : [{ kind: 'statement', thread, event: shown.event }];
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
  for (const thread of seen.locks.keys()) awaited.push(...looseLocks(thread, seen));
  return awaited;
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
    waitingFor: waitingFor.flatMap((awaited) => stillAwaited(awaited, seen)),
  }));
  epochs.push({ now: seen.now, waitingFor: inFlight(seen) });
  const over = seen.orphaned ? -1 : epochs.findLastIndex(({ waitingFor }) => waitingFor.length === 0);
  return {
    epochs: thinned(epochs.slice(over + 1)),
    horizon: epochs[over]?.now ?? state.horizon,
    lastNow: seen.now,
    clockWentBack: false,
  };
};

/** What the oldest epoch waits for: what holds the horizon back. */
export const blockers = (state: HorizonState): readonly Awaited[] => state.epochs[0]?.waitingFor ?? [];

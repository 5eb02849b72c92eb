import { delayOrAbort } from '../core/delay.js';

/** Room for one feed in this process. */
export type Place = Readonly<{
  /** Aborts when the feed is to be left to another process: it ends in an orderly way. */
  giveUp: AbortSignal;
  leave(): void;
}>;

/** How a process shares feeds with others. Which process runs a feed is settled by the feed's lock alone. */
export type Share = Readonly<{
  /** Whether to wait for the lock of a feed that another process runs. */
  waits: boolean;
  /** Whether the producers of a feed may keep their states in different places. */
  adopts: boolean;
  /** A place where there is room for one more feed at the moment. */
  enter(feed: string): Place | undefined;
}>;

const NEVER = new AbortController().signal;
const ROOM: Place = { giveUp: NEVER, leave: () => {} };

/** Runs the feeds, or is told who does. */
export const alone: Share = { waits: false, adopts: false, enter: () => ROOM };

/** Runs the feeds that nobody else runs, as soon as that is so. */
export const standby: Share = { waits: true, adopts: true, enter: () => ROOM };

/** How often a waiting process looks. */
const LOOK_MS = 500;

/** A pause that differs a little from process to process, so that they do not ask all at once. False when the signal aborted. */
export const lookPause = (signal: AbortSignal, random = Math.random()): Promise<boolean> =>
  delayOrAbort(LOOK_MS * (0.75 + random / 2), signal);

import { type Connection, openConnection } from '../adapters/mysql/connect.js';
import { type Standing, takeSeat } from '../adapters/mysql/members.js';
import type { ConnectionParams } from '../adapters/mysql/options.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import { lookPause, type Place, type Share } from './share.js';

/** A server that does not answer for so long is taken for gone. */
const DEADLINE_MS = 10_000;

/** How many of the feeds each process runs: all quotas together are the number of feeds, and no two differ by more than one. */
export const quotaOf = (feeds: number, { members, rank }: Standing): number =>
  Math.floor(feeds / members) + (rank < feeds % members ? 1 : 0);

/** Gives places up to a quota, and asks for the newest back when the quota shrinks. */
export const places = () => {
  const held = new Map<object, AbortController>();
  let quota = 0;
  return {
    enter(): Place | undefined {
      if (held.size >= quota) return undefined;
      const place = {};
      const stop = new AbortController();
      held.set(place, stop);
      return { giveUp: stop.signal, leave: () => void held.delete(place) };
    },
    setQuota(next: number): void {
      quota = next;
      for (const stop of [...held.values()].slice(quota)) stop.abort();
    },
  };
};

export type SpreadOptions = Readonly<{
  capture: ConnectionParams;
  database: string;
  pipeline: string;
  /** How many feeds there are to share. */
  feeds: number;
  log: Log;
  signal: AbortSignal;
}>;

const follow = async (connection: Connection, options: SpreadOptions, setQuota: (quota: number) => void): Promise<void> => {
  const { database, pipeline, feeds, log, signal } = options;
  const membership = await takeSeat(connection, database, pipeline);
  if (membership === undefined) log.debug({ pipeline }, 'as many producers as can share the feeds are there already');
  let said = '';
  while (membership !== undefined && !signal.aborted) {
    const standing = await membership.standing();
    if (standing === undefined) return;
    const quota = quotaOf(feeds, standing);
    const facts = { producers: standing.members, feeds: quota };
    if (said !== JSON.stringify(facts)) log.info(facts, 'share of the feeds');
    said = JSON.stringify(facts);
    setQuota(quota);
    await lookPause(signal);
  }
};

/**
 * Shares a pipeline's feeds with the other producers that do so, about the same number each. Who comes or goes changes the shares;
 * that no feed runs twice is the feeds' locks' doing, whatever is believed here.
 * Goes on until the signal aborts. While MySQL is away the last known share holds.
 */
export const spread = (options: SpreadOptions): Readonly<{ share: Share; ended: Promise<void> }> => {
  const { capture, database, pipeline, log, signal } = options;
  const { enter, setQuota } = places();
  const once = async (): Promise<void> => {
    while (!signal.aborted) {
      const connection = await openConnection(capture, { role: `member ${database}.${pipeline}`, deadlineMs: DEADLINE_MS });
      try {
        await follow(connection, options, setQuota);
      } finally {
        await connection.close();
      }
      await lookPause(signal);
    }
  };
  return { share: { waits: true, adopts: true, enter }, ended: keepTrying(once, { log, signal }).then(() => {}) };
};

import type { Clients } from '../app/clients.js';
import { alone, type Share, standby } from '../app/share.js';
import { spread } from '../app/spread.js';
import type { Log } from '../core/log.js';
import { type Options, optionInvalid } from './command.js';

/** The options that say how producers share feeds. */
export const SHARING_OPTIONS = [
  ['--standby', 'wait for feeds that another producer runs, and take them over when it ends'],
  ['--spread', 'the same, and share the feeds evenly with the other producers that say --spread'],
] as const;

/** @throws BridgeError `configuration`: events of a generator are nobody else's */
export const refuseSharing = (options: Options, pipeline: string): void => {
  const flag = ['standby', 'spread'].find((name) => options[name] === true);
  if (flag === undefined) return;
  throw optionInvalid(
    `--${flag} was given, but '${pipeline}' generates its events.`,
    `Leave it out: it is for tables, whose rows only one producer at a time may send.`,
  );
};

/** @throws BridgeError `configuration`: shares are counted over all feeds, and one that nobody else counts on would stay behind */
export const refuseSharingOne = (options: Options, feed: string): void => {
  if (options.spread !== true) return;
  throw optionInvalid(
    `--spread was given together with the feed '${feed}'.`,
    'Leave the feed out, so that all are shared, or wait for this one with --standby.',
  );
};

type ShareOptions = Readonly<{ clients: Clients; pipeline: string; feeds: number; log: Log; signal: AbortSignal }>;

/** How this producer shares its feeds; `ended` resolves with the signal. */
export const shareOf = (
  options: Options,
  { clients: { capture, database }, ...rest }: ShareOptions,
): Readonly<{ share: Share; ended: Promise<void> }> => {
  if (options.spread === true) return spread({ capture, database, ...rest });
  return { share: options.standby === true ? standby : alone, ended: Promise.resolve() };
};

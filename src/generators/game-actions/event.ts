import { z } from 'zod';

/** Names of actions and of their fields. */
export const plainName = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/, 'must be lower-case words joined by _, such as "pick_up"');

export const playerName = z.string().regex(/^\S(?:.{0,38}\S)?$/u, 'must be text of 1 to 40 characters, without blanks around it');

const A_DETAIL = 'must be text of 1 to 200 characters, a number of at most 15 digits, true or false';

/** Whole numbers beyond the safe ones would be sent as others than were written. */
const exactNumber = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), A_DETAIL);

export const detail = z.union([z.string().min(1, A_DETAIL).max(200, A_DETAIL), exactNumber, z.boolean()], A_DETAIL);

/** What a player did. The details differ from action to action, and people add to them. */
export const gameAction = z.compile(
  z.strictObject({
    player: playerName,
    action: plainName,
    details: z.record(plainName, detail),
    ts_utc: z.iso.datetime({ offset: true, precision: 6 }).endsWith('+00:00', 'must be UTC, written +00:00'),
  }),
);

export type Details = Readonly<Record<string, z.infer<typeof detail>>>;
export type GameAction = Readonly<z.infer<typeof gameAction>>;

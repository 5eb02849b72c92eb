import { z } from 'zod';
import { readDataFile } from '../../adapters/files/data-file.js';
import { type Details, detail, plainName, playerName } from './event.js';

/** An action without its player and time. */
export type ListedAction = Readonly<{ action: string; details: Details }>;

const ACTIONS_EXPECTED =
  'a list of actions, one { "action": "move", "direction": "north", "steps": 3 } each: "action" and any other fields ' +
  'with text, a number, true or false; the player and the time are added';
const PLAYERS_EXPECTED = 'a list of different names: ["Alice", "Bob"]';

const ADDED = new Set(['player', 'ts_utc']);

const listedAction = z
  .object({ action: plainName })
  .catchall(detail)
  .superRefine((fields, { addIssue }) => {
    for (const field of Object.keys(fields)) {
      const misfit = ADDED.has(field)
        ? 'is added to each action: leave it out'
        : plainName.safeParse(field).error?.issues[0]?.message;
      if (misfit !== undefined) addIssue({ code: 'custom', path: [field], message: `the name of this field ${misfit}` });
    }
  })
  .transform(({ action, ...details }): ListedAction => ({ action, details: Object.freeze(details) }));

const players = z
  .array(playerName)
  .min(1)
  .superRefine((names, { addIssue }) => {
    names.forEach((name, at) => {
      if (names.indexOf(name) < at) addIssue({ code: 'custom', path: [at], message: `'${name}' is there already` });
    });
  });

/**
 * Reads the list that people edit. The same action may stand in it several times: it is then played as often.
 * @throws BridgeError `configuration` with the path, the first fault and what is expected
 */
export const readActions = (path: string): Promise<readonly ListedAction[]> =>
  readDataFile<ListedAction[]>(path, z.array(listedAction).min(1), ACTIONS_EXPECTED);

/** @throws BridgeError `configuration` with the path, the first fault and what is expected */
export const readPlayers = (path: string): Promise<readonly string[]> => readDataFile(path, players, PLAYERS_EXPECTED);

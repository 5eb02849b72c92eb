import type { Connection } from '../../src/adapters/mysql/connect.js';
import type { Frontier } from '../../src/captures/polling/frontier.js';
import { delayOrAbort } from '../../src/core/delay.js';

const never = new AbortController().signal;

export const pause = (ms: number) => delayOrAbort(ms, never);

/** Lets the frontier look several times, as a capture does, and gives how far it reaches then. */
export const settle = async (frontier: Frontier): Promise<string> => {
  let below = '';
  for (let look = 0; look < 6; look++) {
    below = (await frontier.reach()).below ?? '';
    await pause(30);
  }
  return below;
};

export const stampOf = async ({ query }: Connection, name: string): Promise<string> =>
  String((await query<{ at: string }>('SELECT MIN(last_updated) at FROM products WHERE name = ?', [name]))[0]?.at);

export const nowOf = async ({ query }: Connection): Promise<string> =>
  String((await query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now'))[0]?.now);

/** Something is open: the horizon must stay below what it will commit, and pass it afterwards. */
export const expectHeld = async (
  frontier: Frontier,
  reader: Connection,
  name: string,
  end: () => Promise<unknown>,
): Promise<void> => {
  const before = await settle(frontier);
  await end();
  const stamp = await stampOf(reader, name);
  expect(stamp).toMatch(/^\d/);
  expect({ before, stamp, held: before <= stamp }).toMatchObject({ held: true });
  expect((await settle(frontier)) > stamp).toBe(true);
};

/** The horizon has to pass the present moment. */
export const expectPassing = async (frontier: Frontier, reader: Connection): Promise<void> => {
  const now = await nowOf(reader);
  await pause(50);
  expect((await settle(frontier)) > now).toBe(true);
};

import { join } from 'node:path';
import type { GeneratorParts, GeneratorSource } from '../../core/pipeline.js';
import { oneOf, type Random, seededRandom } from '../../core/random.js';
import { timestampWriter } from '../../core/timestamp-writer.js';
import type { GameAction } from './event.js';
import { type ListedAction, readActions, readPlayers } from './files.js';

function* drawn(actions: readonly ListedAction[], random: Random): Generator<ListedAction, never> {
  for (;;) yield oneOf(random, actions);
}

function* replayed(actions: readonly ListedAction[]): Generator<ListedAction, never> {
  for (;;) yield* actions;
}

function* played(
  actions: readonly ListedAction[],
  players: readonly string[],
  { seed, order, nowMicros }: GeneratorParts,
): Generator<GameAction, never> {
  const random = seededRandom(`${seed}/game-actions`);
  const utc = timestampWriter('+00:00');
  const list = order === 'file' ? replayed(actions) : drawn(actions, random);
  for (;;) {
    const { action, details } = list.next().value;
    yield { player: oneOf(random, players), action, details, ts_utc: utc(nowMicros()) };
  }
}

/** What the players of `data/game-actions/players.json` do: the actions of `actions.json` beside it. */
export const gameActions: GeneratorSource<GameAction> = {
  kind: 'generator',
  name: 'game-actions',
  eventsPerSecond: 2,
  open: async (parts) => {
    const folder = join(parts.dataDirectory, 'game-actions');
    const actions = await readActions(join(folder, 'actions.json'));
    return played(actions, await readPlayers(join(folder, 'players.json')), parts);
  },
};

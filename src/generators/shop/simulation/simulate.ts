import { seededRandom } from '../../../core/random.js';
import type { Catalogue } from '../catalogue.js';
import { browse } from './browsing.js';
import { buy } from './buying.js';
import { timetable } from './timetable.js';
import { visit } from './visiting.js';
import { type Step, worldOf } from './world.js';

/**
 * The story of a shop without end: people log in, search, look, fill their carts, buy and leave. Gives its next step.
 * The same seed and catalogue give the same story, so producers that each tell a part of it agree, even in different processes.
 */
export const simulate = (catalogue: Catalogue, seed: string): (() => Step) => {
  const world = worldOf(catalogue, seededRandom(seed));
  const next = timetable();
  return () => {
    const turn = next();
    if (turn === 'U') return visit(world);
    return turn === 'B' ? buy(world) : browse(world, turn === 'A');
  };
};

/**
 * Whose turn it is: `U` a user event, `P` a product event, `B` a purchase, and `A` the product event after which something
 * has to lie in a cart, since the purchase after the next product event takes it.
 */
export type Turn = 'U' | 'P' | 'A' | 'B';

const OPENING = 'UAB';

/**
 * Six seconds of the default paces, in the order of time: a product event each 0.75 s, a purchase each 2 s, a user event each 1 s.
 * So the order of the story is the order in which three producers that begin together publish it.
 */
const CYCLE = 'AUPBUPUAPBUAUPBUP';

/** Gives the turns one after the other, for ever. Product events : purchases : user events are 8 : 3 : 6. */
export const timetable = (): (() => Turn) => {
  let turns = OPENING;
  let at = 0;
  return () => {
    if (at === turns.length) {
      turns = CYCLE;
      at = 0;
    }
    const turn = turns[at] as Turn;
    at += 1;
    return turn;
  };
};

import type { Product } from '../catalogue.js';
import type { Line, Session, World } from './world.js';

const MOST_LINES = 6;

/** Whether a product can come into a cart: there is one, and it is not in there yet. */
export const fitsCart = ({ cart }: Session, product: Product): boolean =>
  product.stock > 0 && cart.length < MOST_LINES && !cart.some((line) => line.product === product);

export const addLine = (world: World, session: Session, product: Product, quantity: number): void => {
  session.cart.push({ product, quantity, since: world.productEvents });
  session.viewed = undefined;
  world.lines += 1;
};

/** Takes a quantity off a line; the line goes when nothing is left of it. */
export const takeFromLine = (world: World, { cart }: Session, line: Line, quantity: number): void => {
  line.quantity -= quantity;
  if (line.quantity > 0) return;
  cart.splice(cart.indexOf(line), 1);
  world.lines -= 1;
};

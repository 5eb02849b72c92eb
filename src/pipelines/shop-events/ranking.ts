import type { Metrics, ProductCounts } from './metrics.js';

export type Counted = 'viewed' | 'added_to_cart' | 'purchased';

/** The first products by one of their counts, ties by product_id. Cheap for a small `most`, however many products there are. */
export const ranked = (
  { products }: Metrics,
  by: Counted,
  most: number,
  fits: (counts: ProductCounts) => boolean = (counts) => counts[by] > 0,
): ProductCounts[] => {
  const before = (a: ProductCounts, b: ProductCounts): boolean =>
    a[by] > b[by] || (a[by] === b[by] && a.product_id < b.product_id);
  const best: ProductCounts[] = [];
  for (const one of products.values()) {
    const last = best[most - 1];
    if ((last !== undefined && !before(one, last)) || !fits(one)) continue;
    let at = best.length;
    while (at > 0 && before(one, best[at - 1] as ProductCounts)) at -= 1;
    best.splice(at, 0, one);
    if (best.length > most) best.pop();
  }
  return best;
};

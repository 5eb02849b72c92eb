import type { Counts } from './metrics.js';

/** Views that became purchases. `percent` has one decimal, is above 100 when things are bought unseen, and null without a view. */
export type Conversion = Readonly<{ views: number; purchases: number; percent: number | null }>;

/** Purchase events / view events, as a percentage with one decimal, a half rounded up. */
export const conversionOf = ({ viewed, purchased }: Pick<Counts, 'viewed' | 'purchased'>): Conversion => ({
  views: viewed,
  purchases: purchased,
  percent: viewed === 0 ? null : Math.round((purchased * 1000) / viewed) / 10,
});

/** `35.2% (88 / 250)`, or `n/a (1 / 0)`. */
export const conversionText = ({ views, purchases, percent }: Conversion): string =>
  `${percent === null ? 'n/a' : `${percent.toFixed(1)}%`} (${purchases} / ${views})`;

/** Whether there is anything to say about a product. */
export const hasConversion = ({ viewed, purchased }: Counts): boolean => viewed > 0 || purchased > 0;

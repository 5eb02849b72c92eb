/** An exact decimal number: `unscaled` x 10^-`scale`. Those that are made here are as a text what `decimalText` gives. */
export type Decimal = Readonly<{ unscaled: bigint; scale: number }>;

const exact = {
  toString(this: Decimal): string {
    return decimalText(this);
  },
};

export const decimal = (unscaled: bigint, scale: number): Decimal => ({ __proto__: exact, unscaled, scale }) as Decimal;

const DECIMAL_TEXT = /^(-?)(\d+)(?:\.(\d+))?$/;

export const isDecimal = (value: unknown): value is Decimal =>
  typeof value === 'object' && value !== null && 'unscaled' in value && 'scale' in value;

/** @throws RangeError when the text is not a plain decimal number. */
export const decimalOf = (text: string): Decimal => {
  const match = DECIMAL_TEXT.exec(text);
  if (match === null) throw new RangeError(`'${text}' is not a decimal number`);
  const fraction = match[3] ?? '';
  return decimal(BigInt(`${match[1]}${match[2]}${fraction}`), fraction.length);
};

/** The number as text with exactly `scale` digits after the point. */
export const decimalText = ({ unscaled, scale }: Decimal): string => {
  if (scale === 0) return unscaled.toString();
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

/** Divides, a half away from zero. */
const divideHalfUp = (value: bigint, by: bigint): bigint => {
  const half = value < 0n ? -(by / 2n) : by / 2n;
  return (value + half) / by;
};

/** The number at another scale; digits that fall away are rounded half-up (away from zero). */
export const rescale = ({ unscaled, scale }: Decimal, to: number): Decimal =>
  to >= scale
    ? decimal(unscaled * 10n ** BigInt(to - scale), to)
    : decimal(divideHalfUp(unscaled, 10n ** BigInt(scale - to)), to);

/** The number less a whole number of percent, at its own scale, rounded half-up. */
export const lessPercent = ({ unscaled, scale }: Decimal, percent: number): Decimal =>
  decimal(divideHalfUp(unscaled * BigInt(100 - percent), 100n), scale);

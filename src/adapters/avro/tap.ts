/**
 * avsc's cursor over a buffer. Writes beyond the end are dropped while `pos` goes on, so that `Type.encode` can tell how much
 * room was missing; reads beyond the end give nothing sensible, and `Type.decode` notices by `pos`.
 */
export type Tap = {
  readonly buf: Buffer;
  pos: number;
  writeLong(value: number): void;
  writeString(value: string): void;
  writeBytes(value: Buffer): void;
};

/** The length in front of bytes and strings. @throws RangeError when fewer bytes than that are left. */
export const readLength = (tap: Tap): number => {
  const { buf } = tap;
  let zigzag = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = buf[tap.pos++] ?? 0;
    zigzag |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80 && shift < 28);
  const length = zigzag >>> 1;
  const inRange = (byte & 0x80) === 0 && (zigzag & 1) === 0;
  if (tap.pos > buf.length) throw new RangeError('it ends too early');
  if (!inRange || length > buf.length - tap.pos) throw new RangeError('a length reaches beyond the end of the record');
  return length;
};

/** A value for an error message: short, and safe for anything. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}...` : JSON.stringify(value);
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (value === undefined) return 'nothing';
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return `${value.length} bytes`;
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
};

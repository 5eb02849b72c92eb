const zigZag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0;

/** Bytes that a 32-bit number takes as a zigzag varint: 1 to 5. */
export const varintBytes = (value: number): number => {
  const bits = zigZag(value);
  if (bits < 0x80) return 1;
  if (bits < 0x4000) return 2;
  if (bits < 0x200000) return 3;
  return bits < 0x10000000 ? 4 : 5;
};

/** Writes a 32-bit number as a zigzag varint; gives the place after it. */
export const writeVarint = (target: Uint8Array, at: number, value: number): number => {
  let bits = zigZag(value);
  let next = at;
  while (bits > 0x7f) {
    target[next++] = (bits & 0x7f) | 0x80;
    bits >>>= 7;
  }
  target[next++] = bits;
  return next;
};

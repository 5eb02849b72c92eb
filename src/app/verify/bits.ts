/** One bit for each of a number of places. */
export type Bits = Readonly<{ has(place: number): boolean; set(place: number): void }>;

export const bits = (count: number): Bits => {
  const bytes = new Uint8Array(Math.ceil(count / 8));
  return {
    has: (place) => ((bytes[place >>> 3] as number) & (1 << (place & 7))) !== 0,
    set: (place) => {
      bytes[place >>> 3] = (bytes[place >>> 3] as number) | (1 << (place & 7));
    },
  };
};

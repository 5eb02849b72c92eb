const M = 0x5bd1e995;

/** Kafka's murmur2 of a key, as its Java client computes it (org.apache.kafka.common.utils.Utils.murmur2), as a signed 32-bit integer. */
export const murmur2 = (key: Uint8Array): number => {
  const length = key.length;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = (key[i] as number) | ((key[i + 1] as number) << 8) | ((key[i + 2] as number) << 16) | ((key[i + 3] as number) << 24);
    k = Math.imul(k, M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  const left = length & 3;
  if (left === 3) h ^= (key[whole + 2] as number) << 16;
  if (left >= 2) h ^= (key[whole + 1] as number) << 8;
  if (left >= 1) h = Math.imul(h ^ (key[whole] as number), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
};

/** The partition that Kafka's default partitioner gives a key, so that Java clients agree. */
export const partitionOf = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;

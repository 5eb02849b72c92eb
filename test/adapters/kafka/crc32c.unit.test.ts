import fc from 'fast-check';
import { crc32c } from '../../../src/adapters/kafka/crc32c.js';

// kafkajs' own implementation of the same checksum, written apart from ours.
const theirs = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Uint8Array) => number;

describe('crc32c', () => {
  // From RFC 3720, B.4.
  it.each([
    ['32 zeroes', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['rising bytes', Buffer.from(Array.from({ length: 32 }, (_, n) => n)), 0x46dd794e],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s is what the standard says', (_, bytes, expected) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(expected);
  });

  it('agrees with kafkajs on any part of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat(), (bytes, a, b) => {
        const [from, to] = [a % (bytes.length + 1), b % (bytes.length + 1)].sort((x, y) => x - y) as [number, number];
        expect(crc32c(bytes, from, to)).toBe(theirs(bytes.subarray(from, to)));
      }),
    );
  });
});

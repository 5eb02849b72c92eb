import fc from 'fast-check';
import { varintBytes, writeVarint } from '../../../src/adapters/kafka/varint.js';

type Encoder = { writeVarInt(value: number): Encoder; readonly buffer: Buffer };
const TheirEncoder = require('kafkajs/src/protocol/encoder') as { new (): Encoder };

const written = (value: number): Buffer => {
  const target = Buffer.alloc(8, 0xaa);
  const end = writeVarint(target, 1, value);
  expect([target[0], target[end]]).toEqual([0xaa, 0xaa]);
  return target.subarray(1, end);
};

const alike = (value: number): void => {
  const bytes = written(value);
  expect(bytes.equals(new TheirEncoder().writeVarInt(value).buffer)).toBe(true);
  expect(varintBytes(value)).toBe(bytes.length);
};

describe('a varint', () => {
  const edges = [7, 14, 21, 28, 31].flatMap((bits) => [2 ** (bits - 1) - 1, 2 ** (bits - 1), -(2 ** (bits - 1)), 2 ** bits - 1]);

  it.each([0, -1, 1, -(2 ** 31), 2 ** 31 - 1, ...edges.map((edge) => edge | 0)])('of %s is that of kafkajs', alike);

  it('of any number is that of kafkajs', () => {
    fc.assert(fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), alike));
  });
});

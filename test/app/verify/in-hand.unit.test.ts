import { rowKey } from '../../../src/app/verify/in-hand.js';
import type { IncomingRecord } from '../../../src/core/broker.js';

const keyed = (key: string | null): IncomingRecord => ({
  offset: 0n,
  key: key === null ? null : Buffer.from(key),
  value: Buffer.alloc(0),
  headers: {},
  timestamp: 0,
});

describe('the key of the row of a record', () => {
  it.each([
    ['a record with the same key', '7', '7', '7'],
    ['a time that the server prints in another form', '2026-11-21 01:22:33', '2026-11-21T01:22:33.000000', '2026-11-21 01:22:33'],
    ['a record with the key of another row', '8', '7', '7'],
    ['a record without a key', null, '7', '7'],
  ])('of %s', (_what, own, ofDecoded, expected) => {
    expect(rowKey(keyed(own), ofDecoded)).toBe(expected);
  });
});

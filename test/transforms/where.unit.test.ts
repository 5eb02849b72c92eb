import { where } from '../../src/transforms/where.js';

const meta = { topic: 't', partition: 0, offset: 0n, timestamp: 0 };
const kept = (field: string, text: string, value: Readonly<Record<string, unknown>>): boolean =>
  where(field, text)(value, meta).length === 1;

describe('where', () => {
  it('keeps the value itself, or nothing', () => {
    const value = { player: 'Alice' };
    expect(where('player', 'Alice')(value, meta)[0]).toBe(value);
    expect(where('player', 'Bob')(value, meta)).toEqual([]);
  });

  it.each([
    ['player', 'Alice', true],
    ['player', 'alice', false],
    ['player', 'Alic', false],
    ['player', '', false],
    ['level', '7', true],
    ['level', '7.0', false],
    ['active', 'true', true],
    ['note', '', true],
    ['from', 'null', true],
    ['city', 'undefined', false],
    ['toString', String(Object.prototype.toString), false],
    ['constructor', String(Object), false],
  ])('compares the text of a field of the value’s own: %s=%s %j', (field, text, expected) => {
    expect(kept(field, text, { player: 'Alice', level: 7, active: true, note: '', from: null })).toBe(expected);
  });
});

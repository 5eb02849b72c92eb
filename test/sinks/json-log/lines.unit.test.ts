import fc from 'fast-check';
import type { BridgeError } from '../../../src/core/errors.js';
import type { Row } from '../../../src/core/pipeline.js';
import { parseLine } from '../../../src/sinks/json-log/log-line.js';
import { result } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];

/** A field's value, and how it must stand in the line. */
const field: fc.Arbitrary<readonly [unknown, string]> = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => [text, JSON.stringify(text)] as const),
  fc.bigInt().map((value) => [value, String(value)] as const),
  fc.integer().map((value) => [value, String(value)] as const),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => [value, Object.is(value, -0) ? '-0' : String(value)] as const),
  fc.boolean().map((value) => [value, String(value)] as const),
  fc.constant([null, 'null'] as const),
  fc.uint8Array().map((bytes) => [Buffer.from(bytes), `"${Buffer.from(bytes).toString('base64')}"`] as const),
  fc.tuple(fc.bigInt(), fc.integer({ min: 1, max: 30 })).map(([unscaled, scale]) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    return [{ unscaled, scale }, `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`] as const;
  }),
);

const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a"b', '\u2028', '1'));

const rowOf = (fields: readonly (readonly [string, unknown])[]): Row => {
  const row = {};
  for (const [key, value] of fields)
    Object.defineProperty(row, key, { value, enumerable: true, configurable: true, writable: true });
  return row;
};

describe('a line of the log', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  const lineOf = async (...results: Parameters<ReturnType<World['sink']>['write']>[0]): Promise<string> => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write(results);
    return world.text('w1');
  };

  it('is the fields in their own order, and where the record came from', async () => {
    const row = {
      name: 'Lamp \u2028 "💡"',
      id: 7,
      price: { unscaled: 10050n, scale: 2 },
      big: 2n ** 64n - 1n,
      none: null,
      on: true,
      raw: Buffer.from('hi'),
    };
    expect(await lineOf(result(0, 12, row))).toBe(
      '{"name":"Lamp \u2028 \\"💡\\"","id":7,"price":100.50,"big":18446744073709551615,"none":null,"on":true,"raw":"aGk=","_kafka":{"topic":"orders","partition":0,"offset":12,"timestamp":1700000000012}}\n',
    );
  });

  it('is the key and `deleted` for a tombstone', async () => {
    const deleted = (key: string | null) => ({
      ...result(0, 1, null),
      key,
      meta: { ...result(0, 1).meta, offset: BigInt(++offset) },
    });
    let offset = 0;
    const text = await lineOf(...['7', '-3', '0', '007', '1.5', 'abc', '123456789012345678901', null].map(deleted));
    expect(text.split('\n').map((line) => /^\{(.*),"_kafka"/.exec(line)?.[1])).toEqual([
      '"id":7,"deleted":true',
      '"id":-3,"deleted":true',
      '"id":0,"deleted":true',
      '"id":"007","deleted":true',
      '"id":"1.5","deleted":true',
      '"id":"abc","deleted":true',
      '"id":123456789012345678901,"deleted":true',
      '"id":null,"deleted":true',
      undefined,
    ]);
  });

  it('names the key field of a tombstone as it is told', async () => {
    const sink = world.sink('w1', { keyField: 'product_id' });
    await sink.resume(assigned);
    await sink.write([result(0, 3, null)]);
    expect(await world.text('w1')).toMatch(/^\{"product_id":3,"deleted":true,"_kafka"/);
  });

  it('holds a row without fields, lists and objects', async () => {
    const text = await lineOf(
      result(0, 0, {}),
      result(0, 1, { list: [1n, undefined, { a: 'b' }], at: new Date(0), gone: undefined }),
    );
    const [first, second] = text.split('\n');
    expect(first).toMatch(/^\{"_kafka":\{/);
    expect(second).toMatch(/^\{"list":\[1,null,\{"a":"b"\}\],"at":"1970-01-01T00:00:00.000Z","_kafka":/);
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [() => 1], [Symbol('x')]])(
    'refuses %p, and nothing of its batch is written',
    async (value) => {
      const sink = world.sink('w1');
      await sink.resume(assigned);
      await expect(sink.write([result(0, 0), result(0, 1, { value })])).rejects.toMatchObject({
        kind: 'record',
        code: 'LOG_VALUE_UNWRITABLE',
      } satisfies Partial<BridgeError>);
      expect(await world.text('w1')).toBe('');
      await sink.write([result(0, 0)]);
      expect(await world.offsets('w1')).toEqual([0]);
    },
  );

  it('marks the parts of a record that became several, and those only', async () => {
    const text = await lineOf(result(0, 0), result(0, 1, { id: 1 }), result(0, 1, { id: 2 }), result(0, 2));
    expect(text.split('\n').map((line) => /"timestamp":\d+(.*)$/.exec(line)?.[1])).toEqual([
      '}}',
      ',"part":1,"of":2}}',
      ',"part":2,"of":2}}',
      '}}',
      undefined,
    ]);
  });

  it('has every value exactly, whatever its name', async () => {
    let offset = 0;
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(name, field), { selector: ([key]) => key, maxLength: 6 }), async (fields) => {
        const row = rowOf(fields.map(([key, [value]]) => [key, value]));
        await sink.write([result(0, offset++, row)]);
        const line = (await world.text('w1')).split('\n').at(-2) ?? '';
        const texts = new Map(fields.map(([key, [, text]]) => [key, text]));
        // Keys that are whole numbers come first in every object of JavaScript.
        const body = Object.keys(row).map((key) => `${JSON.stringify(key)}:${texts.get(key)},`);
        expect(line.startsWith(`{${body.join('')}"_kafka":{`)).toBe(true);
        expect(parseLine(line)).toMatchObject({ key: 'orders/0', offset: String(offset - 1) });
      }),
      { numRuns: 200 },
    );
  });
});

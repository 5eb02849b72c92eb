import fc from 'fast-check';
import { fingerprintInto, newFingerprint } from '../../../src/app/verify/fingerprint.js';
import { lineFields, linePrinter, resultsPrinter } from '../../../src/app/verify/line-print.js';
import { linesText } from '../../../src/sinks/json-log/encode-batch.js';
import { lineScanner, newOrigin } from '../../../src/sinks/json-log/line-scanner.js';

const fields = { key: 'id', cursor: 'changed' };
const meta = { topic: 't', partition: 3, offset: 12345678901n, timestamp: 1795248304818 };

const printOf = (text: string | Buffer, deep = false): number => {
  const bytes = Buffer.concat([Buffer.from('before\n'), Buffer.from(text)]);
  const origin = newOrigin();
  expect(lineScanner('t')(bytes, 7, bytes.length, origin)).toBe(true);
  return linePrinter(fields, deep)(bytes, 7, bytes.length, origin);
};

describe('the print of a line', () => {
  const key = fc.oneof(
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme-ascii' }),
    fc.constantFrom('', '"', '\\', ',"changed":"', '_kafka'),
  );
  const moment = fc.constantFrom('2026-11-21T08:05:00.706375Z', '2026-11-21T08:05:00.706', 'é', '', '",', 5, null);

  it.each([false, true])('is that of the results it was written from, in any order of fields (deep: %s)', (deep) => {
    fc.assert(
      fc.property(key, moment, fc.string(), fc.boolean(), (id, changed, name, turned) => {
        const value = turned ? { changed, name, id } : { id, name, changed };
        const results = [{ value, key: null, meta }];
        const text = linesText(results).subarray(0, -1);
        expect(printOf(text, deep)).toBe(resultsPrinter(fields, deep)(results));
      }),
      { numRuns: 200 },
    );
  });

  it('tells key, time and Kafka time apart', () => {
    const line = (id: unknown, changed: string, timestamp = 1) =>
      `{"id":${JSON.stringify(id)},"changed":"${changed}","_kafka":{"topic":"t","partition":0,"offset":1,"timestamp":${timestamp}}}`;
    const prints = [line(1, 'a'), line(2, 'a'), line(1, 'b'), line(1, 'a', 2), line('', '1a'), line('1', '')].map((text) =>
      printOf(text),
    );
    expect(new Set(prints).size).toBe(prints.length);
    // A number and its text are one key.
    expect(printOf(line('1', 'a'))).toBe(printOf(line(1, 'a')));
  });

  it('keeps every digit of a large key, and does not take a text inside another for a field', () => {
    expect(lineFields('{"id":18446744073709551615,"changed":"x"}', fields)).toEqual({ key: '18446744073709551615', time: 'x' });
    expect(lineFields('{"note":",\\"id\\":7","id":8}', fields)).toEqual({ key: '8' });
    expect(lineFields('{"id":1.5,"changed":null}', fields)).toEqual({});
  });
});

describe('the scanner of lines', () => {
  const scan = (text: string) => {
    const origin = newOrigin();
    const bytes = Buffer.from(text);
    return lineScanner('t')(bytes, 0, bytes.length, origin) ? origin : null;
  };

  it('reads whole units, other topics and negative times', () => {
    const kafka = (rest: string, topic = 't') =>
      `{"id":1,"_kafka":{"topic":"${topic}","partition":2,"offset":7,"timestamp":${rest}}}`;
    expect(scan(kafka('5'))).toMatchObject({ partition: 2, offset: 7, timestamp: 5, part: 1, of: 1, bodyEnd: 8 });
    expect(scan(kafka('-1'))).toMatchObject({ timestamp: -1, bodyEnd: -1 });
    expect(scan(kafka('5,"part":2,"of":3'))).toMatchObject({ part: 2, of: 3 });
    expect(scan(kafka('5', 'u'))).toMatchObject({ partition: -1 });
    expect(scan(kafka('5', 'xt'))).toMatchObject({ partition: -1 });
  });

  it.each([
    '',
    '}}',
    'nonsense',
    '{"id":1}',
    '{"_kafka":{"topic":"t","partition":1,"offset":,"timestamp":1}}',
    '{"id":1,"_kafka":{"topic":"t","partition":1,"offset":1,"timestamp":1,"part":3,"of":2}}',
  ])('refuses %s', (text) => expect(scan(text)).toBeNull());
});

describe('the fingerprint of a version', () => {
  const print = (partition: number, key: string, time?: string): string => {
    const into = newFingerprint();
    fingerprintInto(into, partition, key, time);
    return `${into.high}/${into.low}`;
  };

  it('is the same for a row and its record, however many digits are written', () => {
    const prints = [
      '2026-11-21 01:22:33.120000',
      '2026-11-21T01:22:33.120000Z',
      '2026-11-21T01:22:33.12',
      '2026-11-21 01:22:33.120',
    ];
    expect(new Set(prints.map((time) => print(1, '7', time))).size).toBe(1);
    expect(print(1, '7', '2026-11-21 01:22:33')).toBe(print(1, '7', '2026-11-21T01:22:33.000000Z'));
  });

  it('has no two of 50,000 neighbours alike, in neither half more than chance has it', () => {
    const [highs, lows, wholes] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (let id = 0; id < 50_000; id++) {
      const whole = print(id % 10, String(id), `2026-11-21 01:22:33.${String(id % 1000).padStart(6, '0')}`);
      const [high = '', low = ''] = whole.split('/');
      highs.add(high);
      lows.add(low);
      wholes.add(whole);
    }
    expect(wholes.size).toBe(50_000);
    // By chance hardly one of each half.
    expect(Math.min(highs.size, lows.size)).toBeGreaterThan(49_980);
  });
});

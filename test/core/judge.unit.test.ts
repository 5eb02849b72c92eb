import type { IncomingRecord } from '../../src/core/broker.js';
import type { TopicCodec } from '../../src/core/codec.js';
import { DEAD_LETTER_ROOM_BYTES } from '../../src/core/dead-letter.js';
import { BridgeError, type ErrorKind } from '../../src/core/errors.js';
import { type Judged, judge } from '../../src/core/judge.js';
import type { Result } from '../../src/core/sink.js';
import { failureOf } from '../contracts/failure.js';
import { rememberingLog, silentLog } from '../support/silent-log.js';

const AT = { topic: 'orders', partition: 2 };

const record = (value: string | null, key: string | null = 'k'): IncomingRecord => ({
  offset: 2n ** 60n,
  timestamp: 1_700_000_000_000,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: {},
});

const meta = { ...AT, offset: 2n ** 60n, timestamp: 1_700_000_000_000 };

const text: TopicCodec<string> = { encode: (value) => Buffer.from(value), decode: (bytes) => bytes.toString() };

const failing = (kind: ErrorKind, later = false): TopicCodec<string> => ({
  ...text,
  decode: () => {
    const error = new BridgeError({ code: 'X', kind, found: 'It is bad.', fix: '' });
    if (later) return Promise.reject(error);
    throw error;
  },
});

const judged = async (
  one: IncomingRecord,
  codec: TopicCodec<string> = text,
  transform: (value: string) => readonly string[] = (value) => [value],
  log = silentLog,
): Promise<Judged<string>> => {
  const into: Judged<string> = { results: [], dead: [] };
  await judge({ group: 'g', transform, log }, codec, AT, one, into);
  return into;
};

describe('a record', () => {
  it.each([0, 1, 3])('gives as many results as the transform makes of it: %d', async (count) => {
    const { results, dead } = await judged(record('v'), text, (value) => Array(count).fill(value));
    expect(results).toEqual(Array(count).fill({ value: 'v', key: null, meta }));
    expect(dead).toEqual([]);
  });

  it('may need a promise to be decoded', async () => {
    const later: TopicCodec<string> = { ...text, decode: async (bytes) => bytes.toString() };
    expect((await judged(record('v'), later)).results).toEqual([{ value: 'v', key: null, meta }]);
  });

  it.each([
    ['k', 'k'],
    [null, null],
  ])('without a value is a delete of its key %s, whatever the transform does', async (key, expected) => {
    const never = () => {
      throw new Error('not to be called');
    };
    const { results, dead } = await judged(record(null, key), failing('record'), never);
    expect(results).toEqual([{ value: null, key: expected, meta }]);
    expect(dead).toEqual([]);
  });

  it.each([
    ['cannot be decoded', () => judged(record('v'), failing('record'))],
    ['cannot be decoded by a schema that had to be fetched', () => judged(record('v'), failing('record', true))],
    [
      'cannot be transformed',
      () =>
        judged(record('v'), text, () => {
          throw new Error('It is bad.');
        }),
    ],
  ])('that %s goes to the dead letters as it came, with where it stood and why', async (_, judging) => {
    expect(await judging()).toEqual({
      results: [],
      dead: [
        {
          offset: 2n ** 60n,
          letter: {
            key: Buffer.from('k'),
            value: Buffer.from('v'),
            headers: {
              'rowbridge.reason': 'It is bad.',
              'rowbridge.topic': 'orders',
              'rowbridge.partition': '2',
              'rowbridge.offset': '1152921504606846976',
              'rowbridge.group': 'g',
            },
          },
        },
      ],
    });
  });

  it('is named in the log when it goes to the dead letters', async () => {
    const { log, lines } = rememberingLog();
    await judged(record('v'), failing('record'), undefined, log);
    const facts = { ...AT, offset: '1152921504606846976', reason: 'It is bad.' };
    expect(lines).toMatchObject([{ level: 'error', message: 'a record went to the dead letters', facts }]);
  });

  it('has a short reason, in its letter and in the log, however much its error says', async () => {
    const { log, lines } = rememberingLog();
    const long = () => {
      throw new Error('🦀'.repeat(300_000));
    };
    const { dead } = await judged(record('v'), text, long, log);
    const reason = dead[0]?.letter.headers?.['rowbridge.reason'] ?? '';
    expect(reason).toMatch(/^(🦀)+ \.\.\. \(cut, 600000 characters in all\)$/u);
    expect(Buffer.byteLength(reason)).toBeLessThan(DEAD_LETTER_ROOM_BYTES / 2);
    expect(lines[0]?.facts.reason).toBe(reason);
  });

  it('gives no result when the sink cannot write one of them', async () => {
    const tried: Result<string>[][] = [];
    const into: Judged<string> = { results: [], dead: [] };
    const check = (results: readonly Result<string>[]) => {
      tried.push([...results]);
      if (results.some(({ value }) => value === 'bad')) throw new Error('not that');
    };
    const run = { group: 'g', transform: (value: string) => value.split(' '), log: silentLog, check };
    for (const value of ['a b', 'c bad', 'd']) await judge(run, text, AT, record(value), into);
    expect(into.results.map(({ value }) => value)).toEqual(['a', 'b', 'd']);
    expect(into.dead.map(({ letter }) => [letter.value, letter.headers?.['rowbridge.reason']])).toEqual([
      [Buffer.from('c bad'), 'not that'],
    ]);
    expect(tried.map((results) => results.map(({ value }) => value))).toEqual([['a', 'b'], ['c', 'bad'], ['d']]);
  });

  it.each<ErrorKind>(['transient', 'configuration', 'environment', 'integrity'])(
    'goes nowhere because of an error that is not its own: %s',
    async (kind) => {
      for (const later of [false, true])
        expect(await failureOf(() => judged(record('v'), failing(kind, later)))).toMatchObject({ code: 'X', kind });
    },
  );

  it.each([
    ['g', 1],
    ['another', 0],
  ])('that was sent again for the group %s gives this many results: %d', async (group, count) => {
    const again = { ...record('v'), headers: { 'rowbridge.retry-group': Buffer.from(group) } };
    const { results, dead } = await judged(again);
    expect([results.length, dead.length]).toEqual([count, 0]);
  });
});

import fc from 'fast-check';
import type { Row, SinkParts } from '../../../src/core/pipeline.js';
import type { Result } from '../../../src/core/sink.js';
import { type ConsoleView, consoleLines } from '../../../src/sinks/console/index.js';
import { failureOf } from '../../contracts/failure.js';
import { result, results } from '../../contracts/sink.contract.js';
import { rememberingOutput, sinkParts } from '../../support/parts.js';

const view: ConsoleView<Row> = { line: ({ id }, { topic }) => `${topic}: ${id}` };

const counting: ConsoleView<Row> = {
  ...view,
  summary: () => {
    let count = 0;
    const add = (): void => {
      count += 1;
    };
    return { add, line: () => `[COUNT] ${count}` };
  },
};

const made = (of: ConsoleView<Row>, changes: Partial<SinkParts> = {}, terminal = false) => {
  const output = rememberingOutput(terminal);
  const sink = consoleLines(of)(sinkParts({ output, ...changes }));
  return { sink, shown: output.shown, statuses: output.statuses };
};

const tombstone = result(0, 7, null);
const keyless: Result<Row> = { ...tombstone, key: null };

describe('values on a console', () => {
  it('are one line each, in their order', async () => {
    const { sink, shown } = made(view);
    await sink.write([...results(0, 0, 3), result(1, 9)]);
    await sink.write(results(0, 3, 4));
    await sink.close?.();
    expect(shown).toEqual(['orders: 0', 'orders: 1', 'orders: 2', 'orders: 9', 'orders: 3']);
  });

  it('are in the colour that the view gives them', async () => {
    const { sink, shown } = made({ ...view, colour: ({ id }) => (id === 0 ? 'red' : 'green') });
    await sink.write(results(0, 0, 2));
    expect(shown).toEqual(['<red>orders: 0</red>', '<green>orders: 1</green>']);
  });

  it('may have been deleted', async () => {
    const { sink, shown } = made({ ...view, colour: () => 'red' });
    await sink.write([tombstone, keyless, { ...tombstone, key: 'a\u001bb' }]);
    expect(shown).toEqual(['orders: 7 deleted', 'orders: a record without a key deleted', 'orders: a\\u001bb deleted']);
  });

  it('cannot change what the terminal shows: each stays one line, and its colour is its own', async () => {
    const { sink, shown } = made({ line: ({ name }) => String(name), colour: () => 'cyan' });
    await sink.write([result(0, 0, { name: 'x\u001b[2J\r\n\u202eevil\u009b' })]);
    expect(shown).toEqual(['<cyan>x\\u001b[2J\\u000d\\u000a\\u202eevil\\u009b</cyan>']);
  });
});

describe('values as JSON', () => {
  const json = async (...written: Result<Row>[]): Promise<string[]> => {
    const { sink, shown } = made({ ...counting, colour: () => 'red' }, { json: true });
    await sink.write(written);
    await sink.close?.();
    return shown;
  };

  it('are one object each: their own fields, then where they came from; nothing else is shown', async () => {
    expect(await json(result(2, 2n ** 60n, { id: 1, name: 'Lamp' }))).toEqual([
      `{"id":1,"name":"Lamp","_kafka":{"topic":"orders","partition":2,"offset":1152921504606846976,"timestamp":${1_700_000_000_000 + 2 ** 60}}}`,
    ]);
  });

  it('say of a tombstone which key it deletes', async () => {
    const place = { topic: 'orders', partition: 0, offset: 7, timestamp: 1_700_000_000_007 };
    expect((await json(tombstone, keyless)).map((line) => JSON.parse(line))).toEqual([
      { key: '7', deleted: true, _kafka: place },
      { key: null, deleted: true, _kafka: place },
    ]);
  });

  it('may have no field at all', async () => {
    expect(JSON.parse((await json(result(0, 0, {})))[0] ?? '')).toMatchObject({ _kafka: { offset: 0 } });
  });

  it('are the same values again, and hold nothing that a terminal would obey', async () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('\u001b', '\u007f', '\u009b', '\u202e', '\u2066', '\u200f', '"', '\\'),
    );
    const text = fc.string({ unit, maxLength: 20 });
    const value = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text), fc.constant(null)), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(value, async (row) => {
        const [line = ''] = await json(result(0, 0, row));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
        const { _kafka, ...again } = JSON.parse(line);
        const { _kafka: __, ...own } = row;
        expect(again).toEqual(own);
        expect(_kafka).toMatchObject({ topic: 'orders', partition: 0, offset: 0 });
      }),
      { numRuns: 500 },
    );
  });
});

describe('values that cannot be shown', () => {
  it.each([
    ['as JSON', { json: true }, { id: 1, much: 2n ** 63n }],
    ['by the view', {}, { id: null }],
  ])('%s are told one by one, and nothing of their batch is shown', async (_how, changes, value) => {
    const line: ConsoleView<Row>['line'] = ({ id }) => (id as number).toFixed(0);
    const { sink, shown } = made({ line }, changes);
    const bad = result(0, 1, value);
    expect(await failureOf(() => sink.write([result(0, 0), bad, tombstone]))).toMatchObject({
      code: 'VALUE_UNSHOWABLE',
      kind: 'record',
    });
    expect(shown).toEqual([]);
    for (const good of [result(0, 0), tombstone]) sink.check?.([good]);
    await failureOf(() => sink.check?.([bad]));
    expect(shown).toEqual([]);
  });
});

describe('a summary', () => {
  afterEach(() => jest.restoreAllMocks());

  const clock = () => {
    const time = { ms: 1_000 };
    jest.spyOn(performance, 'now').mockImplementation(() => time.ms);
    return time;
  };
  const summaries = (shown: readonly string[]) => shown.filter((line) => line.startsWith('[COUNT]'));

  it('stays below the lines on a terminal, and stands there once at the end', async () => {
    const { sink, shown, statuses } = made(counting, {}, true);
    await sink.write(results(0, 0, 2));
    await sink.write(results(0, 2, 3));
    expect(statuses).toEqual(['[COUNT] 2', '[COUNT] 3']);
    expect(summaries(shown)).toEqual([]);
    await sink.close?.();
    expect(statuses).toEqual(['[COUNT] 2', '[COUNT] 3', '']);
    expect(shown).toEqual(['orders: 0', 'orders: 1', 'orders: 2', '[COUNT] 3']);
  });

  it('comes behind the lines at most once a second where lines cannot be overwritten, and at the end', async () => {
    const time = clock();
    const { sink, shown, statuses } = made(counting);
    for (let offset = 0; offset < 35; offset++) {
      await sink.write(results(0, offset, offset + 1));
      time.ms += 100;
    }
    expect(summaries(shown)).toEqual(['[COUNT] 1', '[COUNT] 11', '[COUNT] 21', '[COUNT] 31']);
    await sink.close?.();
    expect(summaries(shown)).toEqual(['[COUNT] 1', '[COUNT] 11', '[COUNT] 21', '[COUNT] 31', '[COUNT] 35']);
    expect(shown.slice(0, 3)).toEqual(['orders: 0', '[COUNT] 1', 'orders: 1']);
    expect(statuses).toEqual([]);
  });

  it('does not come again at the end when it has not changed', async () => {
    clock();
    const { sink, shown } = made(counting);
    await sink.write(results(0, 0, 1));
    await sink.close?.();
    expect(summaries(shown)).toEqual(['[COUNT] 1']);
  });

  it('does not count what was deleted', async () => {
    const { sink, shown } = made(counting);
    await sink.write([tombstone, ...results(0, 8, 10)]);
    expect(summaries(shown)).toEqual(['[COUNT] 2']);
  });

  it('is made harmless too', async () => {
    const summary: NonNullable<ConsoleView<Row>['summary']> = () => ({ add: () => {}, line: () => 'page \u001b[2J' });
    for (const terminal of [true, false]) {
      const { sink, shown, statuses } = made({ ...view, summary }, {}, terminal);
      await sink.write(results(0, 0, 1));
      expect([...shown, ...statuses].at(-1)).toBe('page \\u001b[2J');
    }
  });
});

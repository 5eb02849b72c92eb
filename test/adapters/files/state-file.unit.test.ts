import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPLAY_REQUEST_FILE, STATE_FILE, stateFile } from '../../../src/adapters/files/state-file.js';
import { requestText } from '../../../src/adapters/files/state-format.js';
import { positionStoreContract, sampleState } from '../../contracts/position-store.contract.js';

const directories: string[] = [];
const directory = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'rowbridge-state-'));
  directories.push(made);
  return made;
};
afterAll(async () => {
  for (const made of directories) await rm(made, { recursive: true, force: true });
});

positionStoreContract('a state file', async () => {
  const at = join(await directory(), 'products');
  return { store: stateFile(at), again: () => stateFile(at) };
});

const TIME = '2026-11-21 01:22:33.123456';

/** A store that has saved once, and its file. */
const saved = async () => {
  const at = await directory();
  const store = stateFile(at);
  await store.load();
  await store.save(sampleState(TIME));
  const path = join(at, STATE_FILE);
  const edit = async (change: (content: Record<string, unknown>) => void): Promise<void> => {
    const content = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    change(content);
    await writeFile(path, JSON.stringify(content));
  };
  return { at, store, path, edit };
};

describe('a state file', () => {
  it('shows people the timestamp on top', async () => {
    const { path } = await saved();
    expect(await readFile(path, 'utf8')).toMatch(
      /^\{\n {2}"last_read_timestamp": "2026-11-21 01:22:33\.123456",\n {2}"_rowbridge"/,
    );
  });

  it.each<[string | null, string | null]>([
    [null, null],
    ['2026-11-20 00:00:00', '2026-11-20 00:00:00.000000'],
    ['2026-11-20T00:00:00.5Z', '2026-11-20 00:00:00.500000'],
  ])('set to %p asks for a replay from %p, stopped and running', async (written, from) => {
    const { at, store, edit } = await saved();
    await edit((content) => {
      content.last_read_timestamp = written;
    });
    const expected = { kind: 'replay', from: from === null ? null : { timestamp: from } };
    expect(await stateFile(at).load()).toMatchObject(expected);
    expect(await store.edited()).toBe(true);
    expect(await store.save(sampleState(TIME))).toBe(false);
    expect(await store.load()).toMatchObject(expected);
  });

  it('deleted asks for everything, stopped and running', async () => {
    const { at, store, path } = await saved();
    await unlink(path);
    expect(await stateFile(at).load()).toEqual({ kind: 'replay', from: null, previous: null, missing: true });
    expect(await store.save(sampleState(TIME))).toBe(false);
    expect(await readdir(at)).toEqual([]);
    expect(await store.load()).toEqual({ kind: 'replay', from: null, previous: null });
  });

  it('written anew by hand, with nothing but the timestamp, asks for a replay', async () => {
    const { at, path } = await saved();
    await writeFile(path, '{"last_read_timestamp":"2026-11-20 00:00:00"}');
    expect(await stateFile(at).load()).toEqual({
      kind: 'replay',
      from: { timestamp: '2026-11-20 00:00:00.000000' },
      previous: null,
    });
  });

  it('merely touched or formatted otherwise goes on', async () => {
    const { at, edit } = await saved();
    await edit(() => {});
    expect(await stateFile(at).load()).toMatchObject({ kind: 'saved' });
  });

  it.each([
    ['empty', ''],
    ['truncated', '{"last_read_timestamp": "2026-'],
    ['not JSON', 'hello'],
    ['of another form', '[]'],
    ['of an unknown version', '{"last_read_timestamp":null,"_rowbridge":{"version":99}}'],
    ['with a zone', '{"last_read_timestamp":"2026-11-20 00:00:00+02:00"}'],
    ['with a day that is none', '{"last_read_timestamp":"2026-02-30 00:00:00"}'],
    ['with a number', '{"last_read_timestamp":1795224885}'],
  ])('%s is refused at the start and left as it is', async (_what, text) => {
    const { at, path } = await saved();
    await writeFile(path, text);
    await expect(stateFile(at).load()).rejects.toMatchObject({ code: 'STATE_INVALID', kind: 'configuration' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('keeps the time of a row that has none as it is in the table, and takes it from no one else', async () => {
    const { at, path, store } = await saved();
    const zero = '0000-00-00 00:00:00.000000';
    expect(await store.save(sampleState(zero))).toBe(true);
    expect(await stateFile(at).load()).toMatchObject({ kind: 'saved', state: { position: { timestamp: zero } } });
    await writeFile(path, JSON.stringify({ last_read_timestamp: zero }));
    await expect(stateFile(at).load()).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it.each(['settled', 'doubt_from'])('with a %s that is no time is refused, named, and left as it is', async (field) => {
    const { at, path } = await saved();
    const content = JSON.parse(await readFile(path, 'utf8'));
    const text = JSON.stringify({ ...content, _rowbridge: { ...content._rowbridge, [field]: { timestamp: 'yesterday' } } });
    await writeFile(path, text);
    await expect(stateFile(at).load()).rejects.toMatchObject({
      code: 'STATE_INVALID',
      found: expect.stringContaining(`_rowbridge.${field}: its timestamp is not a UTC time`),
    });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('unreadable while running is waited for: somebody is saving', async () => {
    const { store, path } = await saved();
    await writeFile(path, '{"last_read');
    setTimeout(() => void writeFile(path, '{"last_read_timestamp":null}'), 300);
    expect(await store.load()).toMatchObject({ kind: 'replay', from: null });
  });

  it('fulfils a request for a replay with the first save, and only once', async () => {
    const { at, store } = await saved();
    await writeFile(join(at, REPLAY_REQUEST_FILE), requestText('2026-11-20 00:00:00.000000', 'one'));
    expect(await store.edited()).toBe(true);
    expect(await store.save(sampleState(TIME))).toBe(false);
    expect(await store.load()).toMatchObject({ kind: 'replay', from: { timestamp: '2026-11-20 00:00:00.000000' } });
    expect(await store.save(sampleState('2026-11-20 00:00:00.000000'))).toBe(true);
    expect(await readdir(at)).toEqual([STATE_FILE]);
    expect(await stateFile(at).load()).toMatchObject({ kind: 'saved' });
  });

  it('keeps a request that comes while another is being fulfilled', async () => {
    const { at, store } = await saved();
    await writeFile(join(at, REPLAY_REQUEST_FILE), requestText(null, 'one'));
    await store.load();
    await writeFile(join(at, REPLAY_REQUEST_FILE), requestText('2026-11-20 00:00:00.000000', 'two'));
    expect(await store.save(sampleState(TIME))).toBe(false);
    expect(await store.load()).toMatchObject({ kind: 'replay', from: { timestamp: '2026-11-20 00:00:00.000000' } });
  });
});

import { readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import type { FeedState, Found, PositionStore } from '../../core/position-store.js';
import { atomicWrite } from './atomic-write.js';
import { parseRequest, parseState, type StoredState, stateText } from './state-format.js';

export const STATE_FILE = 'last_read_timestamp.json';

/** Asks a feed for a replay without touching its state file, so that a save under way cannot overwrite the wish. */
export const REPLAY_REQUEST_FILE = 'replay-request.json';

/** How long an unreadable file is taken for one that somebody is just saving. */
const SAVING_MS = 2000;

const readIfThere = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BridgeError({
      code: 'STATE_NOT_READABLE',
      kind: 'environment',
      found: `Cannot read ${path}: ${(error as Error).message}.`,
      fix: 'Give this user the right to read and write it.',
      cause: error,
    });
  }
};

const readState = async (path: string, patienceMs: number): Promise<StoredState | null> => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const text = await readIfThere(path);
    if (text === null) return null;
    try {
      return parseState(text, path);
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await delayOrAbort(100, new AbortController().signal);
    }
  }
};

/** Reads a feed's state without taking part in its keeping; null where there is none. A replay that was asked for counts as an edit. */
export const peekState = async (directory: string): Promise<StoredState | null> => {
  const stored = await readState(join(directory, STATE_FILE), 0);
  const requestPath = join(directory, REPLAY_REQUEST_FILE);
  const request = await readIfThere(requestPath);
  if (request === null) return stored;
  return { text: request, state: stored?.state ?? null, edited: true, from: parseRequest(request, requestPath) };
};

/**
 * Keeps a feed's state in `<directory>/last_read_timestamp.json`, where a person can read it, set it back or delete it.
 * An edit is seen by comparing `last_read_timestamp` with the copy kept under `_rowbridge`.
 */
export const stateFile = (directory: string): PositionStore => {
  const path = join(directory, STATE_FILE);
  const requestPath = join(directory, REPLAY_REQUEST_FILE);
  let running = false;
  let lastText: string | null = null;
  let lastStamp = '';
  let request: string | null = null;

  const stampOf = async (): Promise<string> => {
    const found = await stat(path, { bigint: true }).catch(() => null);
    return found === null ? 'missing' : `${found.ino}/${found.mtimeNs}/${found.size}`;
  };

  const remember = async (text: string | null): Promise<void> => {
    lastText = text;
    lastStamp = await stampOf();
  };

  const edited = async (): Promise<boolean> => {
    const asked = await readIfThere(requestPath);
    if (asked !== null && asked !== request) return true;
    const stamp = await stampOf();
    if (stamp === lastStamp) return false;
    if ((await readIfThere(path)) !== lastText) return true;
    lastStamp = stamp;
    return false;
  };

  const load = async (): Promise<Found> => {
    request = await readIfThere(requestPath);
    const stored = await readState(path, running ? SAVING_MS : 0);
    const first = !running;
    running = true;
    await remember(stored?.text ?? null);
    const previous = stored?.state ?? null;
    if (request !== null) return { kind: 'replay', from: parseRequest(request, requestPath), previous };
    if (stored === null) return { kind: 'replay', from: null, previous: null, ...(first ? { missing: true } : {}) };
    if (previous !== null && !stored.edited) return { kind: 'saved', state: previous };
    return { kind: 'replay', from: stored.from, previous };
  };

  const save = async (state: FeedState): Promise<boolean> => {
    if (await edited()) return false;
    const text = stateText(state);
    await atomicWrite(path, text);
    await remember(text);
    if (request !== null) await unlink(requestPath).catch(() => {});
    request = null;
    return true;
  };

  const setAside = async (): Promise<string> => {
    const name = `${path}.${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
    await rename(path, name);
    await remember(null);
    return name;
  };

  return { load, edited, save, setAside };
};

import type { Socket } from 'node:net';
import type { Connection as Driver, QueryOptions } from 'mysql2';
import { ANSWER_TOO_LARGE } from './errors.js';

/** How long a statement may still run once the signal has aborted. */
export const ABORT_GRACE_MS = 2_000;
const CLOSE_GRACE_MS = 1_000;
/** The driver holds an answer in memory until it is whole: one that is larger is given up before it fills the heap. */
const MOST_ANSWER_BYTES = 128 * 1024 * 1024;

const failure = (code: string, words: string): Error => Object.assign(new Error(words), { code, fatal: true });

const socketOf = (driver: Driver): Socket => (driver as unknown as { stream: Socket }).stream;

/** The driver ends a socket politely, which a server that has vanished never answers. */
const cut = (driver: Driver): void => void socketOf(driver).destroy();

/** Resolves when the server has let the account in; gives up at once when the signal aborts. */
export const connected = (driver: Driver, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (error: unknown) => {
      signal?.removeEventListener('abort', onAbort);
      if (error === null) return resolve();
      cut(driver);
      reject(error);
    };
    const onAbort = () => settle(failure('ECONNABORTED', 'the attempt to connect was given up'));
    driver.once('error', settle).once('connect', () => settle(null));
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
  });

/** How rows come; objects unless said otherwise. */
export type Form = 'arrays' | 'arrays with floats as text';

const floatsAsText: QueryOptions['typeCast'] = (field, next) =>
  field.type === 'FLOAT' || field.type === 'DOUBLE' ? field.string('ascii') : next();

const FORMS: Readonly<Record<Form, Omit<QueryOptions, 'sql'>>> = {
  arrays: { rowsAsArray: true },
  'arrays with floats as text': { rowsAsArray: true, typeCast: floatsAsText },
};

export type Statement = Readonly<{
  sql: string;
  params: readonly unknown[];
  form: Form | undefined;
  deadlineMs: number;
  signal: AbortSignal | undefined;
  /** Of the answer; 128 MiB unless told. */
  mostBytes?: number;
}>;

/** Runs a statement over the text protocol; one that outlives its deadline, or whose answer is too large, takes the connection with it. */
export const runStatement = (
  driver: Driver,
  { sql, params, form, deadlineMs, signal, mostBytes = MOST_ANSWER_BYTES }: Statement,
): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = socketOf(driver);
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) return;
      cut(driver);
      settle(failure(ANSWER_TOO_LARGE, `an answer of more than ${Math.floor(mostBytes / 1024 / 1024)} MiB`));
    };
    const settle = (error: unknown, result?: unknown) => {
      clearTimeout(timer);
      socket.off('data', count);
      signal?.removeEventListener('abort', onAbort);
      if (error === null) resolve(result);
      else reject(error);
    };
    const giveUpIn = (ms: number) =>
      setTimeout(() => {
        cut(driver);
        settle(failure('PROTOCOL_SEQUENCE_TIMEOUT', `no answer within ${ms / 1000} s`));
      }, ms);
    let timer = giveUpIn(deadlineMs);
    const onAbort = () => {
      clearTimeout(timer);
      timer = giveUpIn(Math.min(deadlineMs, ABORT_GRACE_MS));
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('data', count);
    driver.query({ sql, ...(form === undefined ? {} : FORMS[form]) }, [...params], settle);
  });

/** Says goodbye to the server; one that does not answer is left after a second. */
export const closeDriver = (driver: Driver): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      cut(driver);
      resolve();
    };
    const timer = setTimeout(done, CLOSE_GRACE_MS);
    driver.once('end', done);
    driver.end();
  });

import { BridgeError } from '../../src/core/errors.js';
import { keepTrying } from '../../src/core/patience.js';
import { rememberingLog, silentLog } from '../support/silent-log.js';

const away = (code = 'KAFKA_UNAVAILABLE') => new BridgeError({ code, kind: 'transient', found: 'Away.', fix: '' });
const never = new AbortController().signal;

/** Fails as often as there are errors, then gives 'done'. */
const failing = (...errors: readonly Error[]) => {
  let calls = 0;
  return async () => {
    const error = errors[calls++];
    if (error !== undefined) throw error;
    return 'done';
  };
};

describe('keepTrying', () => {
  it('calls again while the failure is transient, and says it once per change', async () => {
    const { log, lines } = rememberingLog();
    expect(await keepTrying(failing(away(), away(), away('MYSQL_UNAVAILABLE')), { log, signal: never })).toBe('done');
    expect(lines.map(({ facts }) => facts.code)).toEqual(['KAFKA_UNAVAILABLE', 'MYSQL_UNAVAILABLE']);
  });

  it('says it again when all went well in between', async () => {
    const { log, lines } = rememberingLog();
    await keepTrying(failing(away(), away()), { log, signal: never, healthyMs: -1 });
    expect(lines).toHaveLength(2);
  });

  it('throws what is not transient at once', async () => {
    const wrong = new BridgeError({ code: 'X', kind: 'configuration', found: '', fix: '' });
    await expect(keepTrying(failing(wrong), { log: silentLog, signal: never })).rejects.toBe(wrong);
  });

  it('gives up when its time is up: the environment is to blame', async () => {
    const call = async () => Promise.reject(away());
    await expect(keepTrying(call, { log: silentLog, signal: never, forMs: 0 })).rejects.toMatchObject({
      code: 'KAFKA_UNAVAILABLE',
      kind: 'environment',
    });
  });

  it('ends without a result when the signal aborts', async () => {
    const stop = new AbortController();
    const waiting = keepTrying(async () => Promise.reject(away()), { log: silentLog, signal: stop.signal });
    stop.abort();
    expect(await waiting).toBeUndefined();
  });
});

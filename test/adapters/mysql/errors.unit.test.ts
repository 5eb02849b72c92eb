import { inspect } from 'node:util';
import { errnoOf, isGrantMissing, mysqlError } from '../../../src/adapters/mysql/errors.js';
import { BridgeError, exitCodeOf } from '../../../src/core/errors.js';

const WHERE = "MySQL at db:3306 (user 'capture')";
const driverError = (fields: object, message = 'the words of the server') => Object.assign(new Error(message), fields);

describe('mysqlError', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EPIPE',
    'EHOSTUNREACH',
    'PROTOCOL_CONNECTION_LOST',
    'PROTOCOL_SEQUENCE_TIMEOUT',
  ])('takes %s for a server that is away for now', (code) => {
    expect(mysqlError(driverError({ code, errno: -111 }), WHERE)).toMatchObject({
      code: 'MYSQL_UNAVAILABLE',
      kind: 'transient',
      retriable: true,
    });
  });

  it.each([1040, 1047, 1053, 1205, 1213, 1317, 1927, 2003, 3032, 3169, 4031])(
    'takes server error %i for one that passes',
    (errno) => {
      expect(mysqlError(driverError({ errno }), WHERE)).toMatchObject({ code: 'MYSQL_UNAVAILABLE', kind: 'transient' });
    },
  );

  it.each([
    [1044, 'MYSQL_ACCESS_DENIED'],
    [1045, 'MYSQL_ACCESS_DENIED'],
    [1698, 'MYSQL_ACCESS_DENIED'],
    [1142, 'MYSQL_GRANT_MISSING'],
    [1143, 'MYSQL_GRANT_MISSING'],
    [1227, 'MYSQL_GRANT_MISSING'],
    [1049, 'MYSQL_DATABASE_MISSING'],
    [1146, 'TABLE_MISSING'],
    [1054, 'COLUMN_MISSING'],
  ])('takes server error %i for %s, which a person has to mend', (errno, code) => {
    const error = mysqlError(driverError({ errno }), WHERE);
    expect(error).toMatchObject({ code, kind: 'configuration' });
    expect(exitCodeOf(error)).toBe(2);
    expect(error.fix).not.toBe('');
  });

  it('takes a statement on a closed connection for a server that is away', () => {
    const error = driverError({ fatal: true }, "Can't add new command when connection is in closed state");
    expect(mysqlError(error, WHERE).kind).toBe('transient');
  });

  it.each([
    { code: 'HANDSHAKE_SSL_ERROR' },
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', message: 'self-signed certificate' },
  ])('takes $code for a wrong TLS setting', (fields) => {
    expect(mysqlError(driverError(fields, fields.message), WHERE)).toMatchObject({ code: 'MYSQL_TLS', kind: 'configuration' });
  });

  it('never tries again what it does not know', () => {
    expect(mysqlError(driverError({ errno: 1064 }), WHERE)).toMatchObject({
      code: 'MYSQL_ERROR',
      kind: 'environment',
      retriable: false,
    });
    expect(mysqlError('thrown text', WHERE)).toMatchObject({ code: 'MYSQL_ERROR', found: `${WHERE}: thrown text.` });
  });

  it('says where, and what the server said', () => {
    const error = mysqlError(
      driverError({ errno: 1146, sqlMessage: "Table 'shop.products' doesn't exist" }, 'SELECT 1 - words'),
      WHERE,
    );
    expect(error.found).toBe(`${WHERE}: Table 'shop.products' doesn't exist.`);
  });

  it('finds words for a name with several addresses, none of which answers', () => {
    const error = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    expect(mysqlError(error, WHERE)).toMatchObject({ kind: 'transient', found: `${WHERE}: connect ECONNREFUSED.` });
  });

  it('keeps the statement, which may hold a password, out of the error and its causes', () => {
    const sql = "CREATE USER x IDENTIFIED BY 'hunter2'";
    const error = mysqlError(
      driverError({ errno: 1396, sql, sqlMessage: 'Operation CREATE USER failed' }, `${sql} - failed`),
      WHERE,
    );
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
    expect(errnoOf(error)).toBe(1396);
  });

  it('passes on an error that has its class already', () => {
    const error = new BridgeError({ code: 'X', kind: 'integrity', found: 'a', fix: 'b' });
    expect(mysqlError(error, WHERE)).toBe(error);
  });
});

describe('isGrantMissing', () => {
  it('is true for a missing right, wrapped or not, and for nothing else', () => {
    expect(isGrantMissing(driverError({ errno: 1142 }))).toBe(true);
    expect(isGrantMissing(mysqlError(driverError({ errno: 1227 }), WHERE))).toBe(true);
    expect(isGrantMissing(mysqlError(driverError({ errno: 1146 }), WHERE))).toBe(false);
    expect(isGrantMissing(new Error('x'))).toBe(false);
  });
});

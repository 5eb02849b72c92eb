import { inspect } from 'node:util';
import { type Account, ensureAccount } from '../../../src/adapters/mysql/accounts.js';
import type { Connection } from '../../../src/adapters/mysql/connect.js';
import { mysqlError } from '../../../src/adapters/mysql/errors.js';

describe('ensureAccount', () => {
  const said = async (account: Account, words: string): Promise<unknown> => {
    const query = () => Promise.reject(mysqlError(Object.assign(new Error(words), { errno: 1064 }), 'MySQL at db:3306'));
    return ensureAccount({ query } as unknown as Connection, account).catch((error: unknown) => error);
  };

  it.each(['hunter2', "hunter'2", 'hunter\\2'])(
    'takes the password %s out of what the server says of the statement',
    async (password) => {
      for (const written of [password, password.replace(/(['\\])/g, '\\$1')]) {
        const error = await said({ user: 'capture', password }, `error in your SQL near '${written}' at line 1`);
        expect(error).toMatchObject({ code: 'MYSQL_ERROR', found: "MySQL at db:3306: error in your SQL near '***' at line 1." });
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter');
      }
    },
  );

  it('leaves other words as they are', async () => {
    const error = await said({ user: 'capture', password: 'hunter2' }, 'Operation CREATE USER failed');
    expect(error).toMatchObject({ found: 'MySQL at db:3306: Operation CREATE USER failed.' });
  });
});

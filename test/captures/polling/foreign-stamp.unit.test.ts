import type { Query } from '../../../src/adapters/mysql/query.js';
import { foreignStamp, saysCascade } from '../../../src/captures/polling/foreign-stamp.js';

const table = (rules: string): string => `CREATE TABLE \`child\` (
  \`id\` int NOT NULL COMMENT 'CONSTRAINT \`x\` FOREIGN KEY (\`y\`) ON UPDATE CASCADE',
  PRIMARY KEY (\`id\`),
  CONSTRAINT \`fk\` FOREIGN KEY (\`pid\`) REFERENCES \`parent\` (\`id\`)${rules}
) ENGINE=InnoDB`;

describe('a table as the server words it', () => {
  it.each(['ON UPDATE CASCADE', 'ON UPDATE SET NULL', 'ON DELETE SET NULL', 'ON DELETE RESTRICT ON UPDATE CASCADE'])(
    'cascades with %s',
    (rules) => expect(saysCascade(table(` ${rules}`))).toBe(true),
  );

  it.each(['', 'ON DELETE CASCADE', 'ON UPDATE RESTRICT', 'ON DELETE CASCADE ON UPDATE NO ACTION'])(
    "does not with '%s': no row of it changes",
    (rules) => expect(saysCascade(table(` ${rules}`))).toBe(false),
  );
});

describe('who stamps rows', () => {
  /** A server with these settings and threads. */
  const server = (settings: Readonly<Record<string, string>>, threads: readonly string[]): Query =>
    (async (sql: string) => {
      if (sql.startsWith('SHOW GLOBAL'))
        return Object.entries(settings).map(([Variable_name, Value]) => ({ Variable_name, Value }));
      if (sql.startsWith('SHOW CREATE')) return [{ 'Create Table': table('') }];
      return threads.map((name) => ({ name }));
    }) as Query;
  const cursor = { table: 'child', column: 'at', type: 'timestamp', onUpdateNow: true, defaultNow: true };
  const group = 'thread/group_rpl/THD_applier_module_receiver';
  const SINGLE = 'group_replication_single_primary_mode';

  it.each([
    ['a server alone', { read_only: 'OFF', wsrep_on: 'OFF' }, [], null],
    ['a replica', { read_only: 'ON' }, [], /read-only/],
    ['a replica that can be written', { read_only: 'OFF' }, ['thread/sql/replica_sql'], /applies the changes/],
    ['a node of Galera', { read_only: 'OFF', wsrep_on: 'ON' }, [], /Galera/],
    ['the primary of a group', { read_only: 'OFF', [SINGLE]: 'ON' }, [group], null],
    ['one of several primaries', { read_only: 'OFF', [SINGLE]: 'OFF' }, [group], /several primaries/],
    ['a server that could be in a group and is not', { read_only: 'OFF', [SINGLE]: 'OFF' }, [], null],
  ] as const)('is asked of %s', async (_, settings, threads, reason) => {
    const found = await foreignStamp(server(settings, threads), cursor);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toMatch(reason);
  });
});

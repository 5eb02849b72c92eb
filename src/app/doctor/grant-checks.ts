import { escapeId } from 'mysql2';
import { PERFORMANCE_SCHEMA_TABLES } from '../../adapters/mysql/accounts.js';
import { isGrantMissing } from '../../adapters/mysql/errors.js';
import type { Query } from '../../adapters/mysql/query.js';
import { error, type Finding, ok, warning } from './finding.js';

/** What the capture's account may not read although it has to. */
export async function* missingGrantFindings(query: Query, account: string, tables: readonly string[]): AsyncGenerator<Finding> {
  const wanted = [
    ...tables.map((table) => ({ name: escapeId(table, true), means: 'rows cannot be read' })),
    ...PERFORMANCE_SCHEMA_TABLES.map((table) => ({
      name: `performance_schema.${table}`,
      means: "the guarantee is 'delayed' instead of 'proven'",
    })),
  ];
  let missing = 0;
  for (const { name, means } of wanted) {
    try {
      await query(`SELECT 1 FROM ${name} LIMIT 0`);
    } catch (thrown) {
      if (!isGrantMissing(thrown)) throw thrown;
      missing += 1;
      const fix = `GRANT SELECT ON ${name} TO ${account};   -- 'rowbridge setup' grants all that is needed`;
      const bad = { found: `${account} has no right to read ${name}.`, means, fix };
      yield means.startsWith('rows') ? error('grants', bad) : warning('grants', bad);
    }
  }
  if (missing === 0) yield ok('grants', `${account} may read all that it has to`);
}

const HARMLESS = /^GRANT (USAGE ON \*\.\*|SELECT ON `[^`]*`\.(`[^`]*`|\*)) TO /;

/** What the capture's account may do although it need not. */
export async function* needlessGrantFindings(query: Query, account: string): AsyncGenerator<Finding> {
  const rows = await query<Record<string, string>>('SHOW GRANTS FOR CURRENT_USER');
  const needless = rows.flatMap((row) => Object.values(row)).filter((grant) => !HARMLESS.test(grant));
  for (const grant of needless) {
    const withoutSecret = grant.replace(/ IDENTIFIED BY .*$/, '');
    const what = /^GRANT (.+?) ON (.+?) TO /.exec(withoutSecret);
    yield warning('grants', {
      found: `${account} may do more than read the tables: ${withoutSecret}.`,
      means: 'nothing for the guarantee; who gets hold of the password gets these rights',
      fix: what === null ? `REVOKE it from ${account}.` : `REVOKE ${what[1]} ON ${what[2]} FROM ${account};`,
    });
  }
  if (needless.length === 0) yield ok('grants', `${account} may do nothing but read`);
}

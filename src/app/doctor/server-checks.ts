import { connect } from 'node:net';
import type { Query } from '../../adapters/mysql/query.js';
import { microsOf } from '../../core/timestamp.js';
import { error, type Finding, ok, warning } from './finding.js';

const PORT_MS = 3_000;
const CLOCK_TOLERANCE_MS = 2_000;

const portAnswers = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PORT_MS });
    const end = (problem: string | null) => {
      socket.destroy();
      resolve(problem);
    };
    socket.on('connect', () => end(null));
    socket.on('timeout', () => end(`no answer within ${PORT_MS / 1000} s`));
    socket.on('error', (problem: NodeJS.ErrnoException) => end(problem.code ?? problem.message));
  });

/** Whether somebody listens on each address; what is behind it shows later. */
export async function* portFindings(addresses: readonly Readonly<{ name: string; host: string; port: number }>[]) {
  for (const { name, host, port } of addresses) {
    const problem = await portAnswers(host, port);
    const at = `${name} at ${host}:${port}`;
    yield problem === null
      ? ok('ports', `${at} takes connections`)
      : error('ports', {
          found: `${at} takes no connection: ${problem}.`,
          means: 'long-running commands wait for it, others give up after 15 s',
          fix: 'Start it, or put the address right (firewalls and containers publish ports of their own).',
        });
  }
}

/** What the server is, and whether its rows are its own. */
export async function* variableFindings(query: Query): AsyncGenerator<Finding> {
  const [row] = await query<{ version: string; readOnly: number | string }>(
    'SELECT VERSION() version, @@GLOBAL.read_only readOnly',
  );
  yield ok('variables', `the server is ${row?.version}`);
  if (!['0', 'OFF'].includes(String(row?.readOnly)))
    yield warning('variables', {
      found: 'The server is read-only (read_only=ON).',
      means: "the guarantee is 'best-effort': a replica shows rows in the order of its source, not of their timestamps",
      fix: 'Capture from the primary; where this is the primary: SET GLOBAL read_only = OFF;',
    });
}

/** The server's clock and this machine's. Only the database's counts; people compare the two. */
export async function* clockFindings(query: Query, now: () => number = Date.now): AsyncGenerator<Finding> {
  const before = now();
  const [row] = await query<{ at: string; zone: string }>('SELECT CAST(UTC_TIMESTAMP(6) AS CHAR) at, @@GLOBAL.time_zone zone');
  const middle = (before + now()) / 2;
  const apartMs = Math.round(Number(microsOf(row?.at ?? '')) / 1000 - middle);
  yield Math.abs(apartMs) <= CLOCK_TOLERANCE_MS
    ? ok('clock', `the database's clock and this machine's are ${Math.abs(apartMs)} ms apart`)
    : warning('clock', {
        found: `The database's clock is ${Math.abs(apartMs)} ms ${apartMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
        means:
          "nothing for the guarantee: only the database's clock counts; ages that you work out yourself are off by that much",
        fix: 'Run an NTP client on both.',
      });
  yield ok('zone', `the server's zone is ${row?.zone}; every connection of rowbridge is in UTC`);
}

/** Whether what the server must show of itself is switched on, one finding each. */
export async function* horizonFindings(query: Query): AsyncGenerator<Finding> {
  const means = "the guarantee is 'delayed' instead of 'proven'";
  const on = await query<{ on: number | string }>('SELECT @@performance_schema AS `on`');
  if (Number(on[0]?.on) !== 1) {
    yield warning('horizon', {
      found: 'performance_schema is switched off.',
      means,
      fix: 'Set performance_schema=ON in my.cnf and restart.',
    });
    return;
  }
  const off = await query<{ name: string }>(
    `SELECT NAME name FROM performance_schema.setup_consumers WHERE ENABLED = 'NO' AND NAME IN
     ('global_instrumentation', 'thread_instrumentation', 'events_statements_current', 'events_transactions_current')`,
  );
  for (const { name } of off)
    yield warning('horizon', {
      found: `The consumer '${name}' is switched off.`,
      means,
      fix: `UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME = '${name}';`,
    });
  const [instruments] = await query<{ n: number | string }>(
    `SELECT COUNT(*) n FROM performance_schema.setup_instruments WHERE ENABLED = 'NO' AND NAME NOT LIKE 'statement/sp/%'
     AND (NAME LIKE 'statement/%' OR NAME IN ('transaction', 'wait/lock/metadata/sql/mdl'))`,
  );
  if (Number(instruments?.n) > 0)
    yield warning('horizon', {
      found: `${instruments?.n} instruments for statements, transactions and metadata locks are switched off.`,
      means,
      fix: "UPDATE performance_schema.setup_instruments SET ENABLED = 'YES' WHERE NAME LIKE 'statement/%' OR NAME IN ('transaction', 'wait/lock/metadata/sql/mdl');",
    });
  const [blind] = await query<{ n: number | string }>(
    "SELECT COUNT(*) n FROM performance_schema.threads WHERE TYPE = 'FOREGROUND' AND INSTRUMENTED = 'NO'",
  );
  if (Number(blind?.n) > 0)
    yield warning('horizon', {
      found: `${blind?.n} sessions are not instrumented.`,
      means,
      fix: "UPDATE performance_schema.setup_actors SET ENABLED = 'YES'; UPDATE performance_schema.threads SET INSTRUMENTED = 'YES' WHERE TYPE = 'FOREGROUND';",
    });
  if (off.length === 0 && Number(instruments?.n) === 0 && Number(blind?.n) === 0)
    yield ok('horizon', 'performance_schema shows every statement and transaction in flight');
}

const LONG_SECONDS = 10;

/** Transactions that have been open for long: the horizon waits for those that may still write. */
export async function* openTransactionFindings(query: Query): AsyncGenerator<Finding> {
  const rows = await query<{ id: number | string | null; user: string | null; seconds: number | string }>(
    `SELECT t.PROCESSLIST_ID id, t.PROCESSLIST_USER user, ROUND(e.TIMER_WAIT / 1e12, 1) seconds
     FROM performance_schema.events_transactions_current e JOIN performance_schema.threads t USING (THREAD_ID)
     WHERE e.STATE = 'ACTIVE' AND e.TIMER_WAIT > ${LONG_SECONDS}e12 AND t.PROCESSLIST_ID <> CONNECTION_ID() ORDER BY e.TIMER_WAIT DESC LIMIT 5`,
  );
  for (const { id, user, seconds } of rows)
    yield warning('transactions', {
      found: `Connection ${id} of '${user}' has had a transaction open for ${seconds} s.`,
      means: 'rows changed since then wait for its end; none is lost',
      fix: `Let it commit, or KILL ${id};`,
    });
  if (rows.length === 0) yield ok('transactions', `no transaction has been open for more than ${LONG_SECONDS} s`);
}

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeId } from 'mysql2';
import { atomicWrite } from '../adapters/files/atomic-write.js';
import { REPLAY_REQUEST_FILE } from '../adapters/files/state-file.js';
import { requestText } from '../adapters/files/state-format.js';
import { openConnection } from '../adapters/mysql/connect.js';
import { BridgeError } from '../core/errors.js';
import type { TableFeed } from '../core/pipeline.js';
import { canonicalTimestamp } from '../core/timestamp.js';
import type { Clients } from './clients.js';

/** What a replay would do. `from` is canonical, null for the beginning. */
export type ReplayPlan = Readonly<{ from: string | null; rows: number }>;

const refuseTime = (text: string, problem: string): BridgeError =>
  new BridgeError({
    code: 'REPLAY_TIME_INVALID',
    kind: 'configuration',
    found: `--from '${text}' ${problem}.`,
    fix: "Give a UTC time such as '2026-11-21 01:22:33.123456' (a space or a T, 0 to 6 fraction digits, Z or nothing), or 'now'.",
  });

/**
 * Counts the rows that would travel again.
 * @param text a time, `now`, or undefined for the beginning
 * @throws BridgeError `configuration` for a time of another form or ahead of the database's clock
 */
export const planReplay = async (clients: Clients, { source }: TableFeed, text: string | undefined): Promise<ReplayPlan> => {
  const connection = await openConnection(clients.capture, { role: 'replay' });
  try {
    const [clock] = await connection.query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now');
    const now = String(clock?.now);
    const from = text === undefined ? null : text === 'now' ? now : canonicalTimestamp(text);
    if (from === undefined) throw refuseTime(text ?? '', 'is not a time');
    if (from !== null && from > now) throw refuseTime(text ?? '', `is later than the database's clock (${now})`);
    const where = from === null ? '' : `WHERE ${escapeId(source.cursor, true)} >= ?`;
    const sql = `SELECT COUNT(*) n FROM ${escapeId(source.table, true)} ${where}`;
    const [counted] = await connection.query<{ n: number | string }>(sql, from === null ? [] : [from]);
    return { from, rows: Number(counted?.n ?? 0) };
  } finally {
    await connection.close();
  }
};

/** Asks the feed for a replay: a running producer takes it up with its next poll, a stopped one when it starts. */
export const requestReplay = async (stateDirectory: string, { from }: ReplayPlan): Promise<void> => {
  await mkdir(stateDirectory, { recursive: true });
  await atomicWrite(join(stateDirectory, REPLAY_REQUEST_FILE), requestText(from, randomUUID()));
};

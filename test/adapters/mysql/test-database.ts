import { randomBytes } from 'node:crypto';
import { escapeId } from 'mysql2';
import { type Connection, type ConnectionParams, openConnection } from '../../../src/adapters/mysql/connect.js';
import { testServers } from '../../support/servers.js';

/** A name that no other test has; fits where a user name has to. */
export const testName = (what: string): string => `t_${what}_${randomBytes(4).toString('hex')}`;

/** The administrator of the server that these tests run against: that of the test run, unless a URL names another. */
export const testAdmin = async (): Promise<ConnectionParams> => {
  const other = process.env.ROWBRIDGE_TEST_MYSQL;
  if (other !== undefined) {
    const url = new URL(other);
    return { host: url.hostname, port: Number(url.port), user: url.username, password: decodeURIComponent(url.password) };
  }
  const { mysql } = await testServers();
  return { host: mysql.host, port: mysql.port, user: mysql.adminUser, password: mysql.adminPassword };
};

export type TestDatabase = Readonly<{
  params: ConnectionParams & { database: string };
  connection: Connection;
  /** Removes the database, and the accounts of the given names. */
  drop(...users: readonly string[]): Promise<void>;
}>;

/** An empty database of its own, with a connection as administrator that stays outside of it. */
export const testDatabase = async (): Promise<TestDatabase> => {
  const admin = await testAdmin();
  const connection = await openConnection(admin, { role: 'test' });
  const database = testName('db');
  await connection.query(`CREATE DATABASE ${escapeId(database)} CHARACTER SET utf8mb4`);
  const drop = async (...users: readonly string[]) => {
    await connection.query(`DROP DATABASE IF EXISTS ${escapeId(database)}`);
    for (const user of users) await connection.query(`DROP USER IF EXISTS ?@'%'`, [user]);
    await connection.close();
  };
  return { params: { ...admin, database }, connection, drop };
};

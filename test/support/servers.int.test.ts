import { createConnection } from 'mysql2/promise';
import { kafkaWorld } from './kafka-world.js';
import { freshDatabase, testServers, uniqueName } from './servers.js';

describe('the servers of a test run', () => {
  it('give every caller a database of its own', async () => {
    const names = [await freshDatabase('own'), await freshDatabase('own')];
    const { host, port, adminUser: user, adminPassword: password } = (await testServers()).mysql;
    const connection = await createConnection({ host, port, user, password });
    const [rows] = await connection.query(
      'SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name IN (?)',
      [names],
    );
    const [settings] = await connection.query('SELECT @@performance_schema AS performance, @@character_set_server AS characters');
    await connection.end();
    expect(rows).toHaveLength(2);
    expect(settings).toEqual([{ performance: 1, characters: 'utf8mb4' }]);
  });

  it('answer as a registry', async () => {
    const { registry } = await testServers();
    const response = await fetch(`${registry.url}/subjects`);
    expect(response.status).toBe(200);
  });

  it('answer as a broker, at the address that it names', async () => {
    const world = await kafkaWorld();
    const topic = await world.topic([0, 0, 1]);
    const ends = await world.reader.endOffsets(topic);
    await world.close();
    expect([...ends].sort()).toEqual([
      [0, 0n],
      [1, 0n],
      [2, 1n],
    ]);
  });

  it('give names that nobody else has', () => {
    expect(new Set(Array.from({ length: 100 }, () => uniqueName('name'))).size).toBe(100);
  });
});

import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
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
    const { kafka } = await testServers();
    const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
    const topic = uniqueName('topic');
    const [admin, producer] = [client.admin(), client.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic, numPartitions: 10, replicationFactor: 1 }], waitForLeaders: true });
    await producer.send({ topic, acks: -1, messages: [{ partition: 7, value: 'a record' }] });
    const ends = await admin.fetchTopicOffsets(topic);
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    expect(ends.find(({ partition }) => partition === 7)?.high).toBe('1');
  });

  it('give names that nobody else has', () => {
    expect(new Set(Array.from({ length: 100 }, () => uniqueName('name'))).size).toBe(100);
  });
});

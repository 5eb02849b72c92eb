import { saysPortTaken } from '../../src/engines/start-server.js';

describe('a port that another program has', () => {
  it.each([
    ['Kafka', 'org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:40761: Address already in use.'],
    ['the registry', 'ERROR [ApplicationLifecycleManager] (main) Port 35287 seems to be in use by another process.'],
    ['MySQL', "[ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use"],
  ])('%s says so', (_, log) => {
    expect(saysPortTaken(log)).toBe(true);
  });

  it('is not every failure', () => {
    expect(saysPortTaken("Fatal error: Can't open and lock privilege tables: Table 'mysql.db' doesn't exist")).toBe(false);
  });
});

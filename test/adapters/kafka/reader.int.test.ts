import { kafkaAdmin } from '../../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../../src/adapters/kafka/reader.js';
import { recordTimestamp } from '../../../src/app/record-timestamp.js';
import { testServers, uniqueName } from '../../support/servers.js';
import { silentLog } from '../../support/silent-log.js';

describe('reading a topic apart from any group', () => {
  it('needs only a small fetch for one record, however large its batch; of a missing topic every record is beyond the end', async () => {
    const { kafka } = await testServers();
    const client = kafkaClient({ brokers: kafka.brokers, clientId: 'test', log: silentLog });
    const [admin, reader, publisher] = [kafkaAdmin(client), kafkaReader(client), kafkaPublisher(client)];
    try {
      const topic = uniqueName('reader');
      await admin.ensureTopics([{ name: topic, partitions: 1 }]);
      const record = { key: null, value: Buffer.alloc(300_000, 'x') };
      for (let batch = 0; batch < 5; batch++) await publisher.publish(topic, [{ partition: 0, records: [record, record] }]);
      const fetched = async (from: bigint, to: bigint): Promise<number[]> => {
        const counts: number[] = [];
        for await (const records of reader.readRange({ topic, partition: 0 }, from, to)) counts.push(records.length);
        return counts;
      };
      expect(await fetched(0n, 10n)).toEqual([10]);
      expect(await fetched(5n, 6n)).toEqual([1]);
      expect(await fetched(4n, 6n)).toEqual([2]);
      const read = recordTimestamp(reader);
      expect(await read(topic, 0, 5n)).toMatchObject({ kind: 'found' });
      expect(await read(topic, 0, 10n)).toEqual({ kind: 'beyond' });
      expect(await read(uniqueName('missing'), 0, 0n)).toEqual({ kind: 'beyond' });
      expect(await read(topic, 0, 0n)).toMatchObject({ kind: 'found' });
    } finally {
      await admin.close();
      await reader.close();
      await publisher.close();
    }
  });
});

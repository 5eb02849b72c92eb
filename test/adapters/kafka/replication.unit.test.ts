import { copiesOf } from '../../../src/adapters/kafka/replication.js';

const minInSync = (value: string) => ({ configEntries: [{ name: 'min.insync.replicas', value }] });

it.each([
  [{}, 1, { replicationFactor: 1 }],
  [{}, 2, { replicationFactor: 2 }],
  [{}, 3, { replicationFactor: 3, ...minInSync('2') }],
  [{}, 9, { replicationFactor: 3, ...minInSync('2') }],
  [{ factor: 5 }, 9, { replicationFactor: 5, ...minInSync('2') }],
  [{ factor: 1 }, 3, { replicationFactor: 1 }],
  [{ factor: -1 }, 3, { replicationFactor: -1 }],
  [{ factor: -1, minInSync: 2 }, 3, { replicationFactor: -1, ...minInSync('2') }],
  [{ minInSync: 1 }, 3, { replicationFactor: 3, ...minInSync('1') }],
])('wished %j of %d brokers gives %j', (wished, brokers, copies) => {
  expect(copiesOf(wished, brokers)).toEqual(copies);
});

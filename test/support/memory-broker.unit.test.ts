import { topicReaderContract } from '../contracts/topic-reader.contract.js';
import { memoryBroker } from './memory-broker.js';

topicReaderContract('memory', async () => {
  const broker = memoryBroker(1);
  let topics = 0;
  return {
    reader: broker.reader,
    topic: async () => `topic ${++topics}`,
    publish: (topic, records) => broker.publish(topic, [{ partition: 0, records }]),
    begin: async (topic) => broker.begin(topic, 0),
  };
});

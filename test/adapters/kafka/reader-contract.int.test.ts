import { topicReaderContract } from '../../contracts/topic-reader.contract.js';
import { type KafkaWorld, kafkaWorld } from '../../support/kafka-world.js';

let world: KafkaWorld | undefined;
afterAll(() => world?.close());

topicReaderContract('Kafka', async () => {
  const opened = await kafkaWorld();
  world = opened;
  return {
    reader: opened.reader,
    topic: () => opened.topic([0]),
    publish: (topic, records) => opened.send(topic, [{ partition: 0, records }]),
    begin: (topic) => opened.begin(topic, 0),
  };
});

import { connect, type Socket } from 'node:net';
import { type ISocketFactory, Kafka, logLevel } from 'kafkajs';
import { kafkaAdmin } from '../../../src/adapters/kafka/admin.js';
import { kafkaPublisher } from '../../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../../src/adapters/kafka/reader.js';
import type { OutgoingRecord } from '../../../src/core/broker.js';
import { testServers, uniqueName } from '../../support/servers.js';

const PRODUCE = 0;
const API_KEY_AT = 4;

/** Connections that can lose the broker's next answer to a Produce request: the broker has the records, the client does not know. */
const losingAnswers = () => {
  let lost = 0;
  let toLose = 0;
  const watched = (socket: Socket): Socket => {
    const { write, emit } = socket;
    let awaited = false;
    const writeWatched = (bytes: Buffer): boolean => {
      awaited = bytes.readInt16BE(API_KEY_AT) === PRODUCE;
      return write.call(socket, bytes);
    };
    const emitWatched = (event: string, ...rest: unknown[]): boolean => {
      if (event !== 'data' || !awaited || toLose === 0) return Reflect.apply(emit, socket, [event, ...rest]);
      toLose -= 1;
      lost += 1;
      socket.destroy(new Error('the connection broke'));
      return true;
    };
    return Object.assign(socket, { write: writeWatched, emit: emitWatched });
  };
  const socketFactory: ISocketFactory = ({ host, port, onConnect }) => watched(connect({ host, port }, onConnect));
  const lose = (answers: number): void => {
    toLose = answers;
  };
  return { socketFactory, lose, lost: () => lost };
};

const records = (count: number): OutgoingRecord[] =>
  Array.from({ length: count }, (_, n) => ({ key: Buffer.from(String(n)), value: Buffer.alloc(50, n) }));

it('a send whose answer was lost is repeated under its sequence numbers: each record is there once', async () => {
  const { kafka: at } = await testServers();
  const { socketFactory, lose, lost } = losingAnswers();
  const kafka = new Kafka({
    brokers: [...at.brokers],
    socketFactory,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50 },
  });
  const [admin, reader, publisher] = [kafkaAdmin(kafka), kafkaReader(kafka), kafkaPublisher(kafka)];
  const topic = uniqueName('lost_answer');
  const batches = [0, 1].map((partition) => ({ partition, records: records(500 + partition) }));
  const ends = (sends: number) => new Map(batches.map(({ partition }) => [partition, BigInt(sends * (500 + partition))]));
  try {
    await admin.ensureTopics([{ name: topic, partitions: 2 }]);
    expect(await publisher.publish(topic, batches)).toEqual(ends(1));
    lose(2);
    expect(await publisher.publish(topic, batches)).toEqual(ends(2));
    expect(lost()).toBe(2);
    expect(await publisher.publish(topic, batches)).toEqual(ends(3));
    expect(await reader.endOffsets(topic)).toEqual(ends(3));
  } finally {
    await Promise.all([admin, reader, publisher].map(({ close }) => close()));
  }
});

import type { ProduceArguments } from '../../../src/adapters/kafka/produce-request.js';
import type { OutgoingRecord } from '../../../src/core/broker.js';

type Encoded = Readonly<{ buffer: Buffer }>;
type MakeRequest = (request: object) => Readonly<{ encode(): Promise<Encoded> }>;
type TheirDecoder = Readonly<{ readInt32(): number }>;
type Message = Readonly<{ key: Buffer | null; value: Buffer | null; headers: Record<string, Buffer>; timestamp: string }>;

const produceRequest = require('kafkajs/src/protocol/requests/produce/v7/request') as MakeRequest;
const Decoder = require('kafkajs/src/protocol/decoder') as { new (bytes: Buffer): TheirDecoder };
const batchDecoder = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: TheirDecoder) => Promise<DecodedBatch>;

export type DecodedBatch = Readonly<{
  firstSequence: number;
  producerId: string;
  producerEpoch: number;
  records: readonly Message[];
}>;

/** What the encoder of kafkajs itself makes of a request. */
export const stockRequest = async (request: ProduceArguments, timestamp: number): Promise<Buffer> => {
  const stamped = request.topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((entry) => ({
      ...entry,
      messages: entry.messages.map((message) => ({ ...message, timestamp })),
    })),
  }));
  return (await produceRequest({ ...request, topicData: stamped }).encode()).buffer;
};

/** A record batch as a consumer of kafkajs reads it. */
export const stockDecode = (batch: Buffer): Promise<DecodedBatch> => batchDecoder(new Decoder(batch));

/** A record as it comes back: header values are bytes. */
export const asRead = ({ key, value, headers = {} }: OutgoingRecord) => ({
  key,
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});

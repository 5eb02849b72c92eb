import type { EndOffsets, TopicReader } from '../core/broker.js';
import { BridgeError } from '../core/errors.js';
import type { RecordTimestamp, SinkParts } from '../core/pipeline.js';

/** Where the partitions of a topic end; a topic that is not there, after several looks, ends before its first record. */
const endsOf = async (reader: TopicReader, topic: string): Promise<EndOffsets> => {
  try {
    return await reader.endOffsets(topic);
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'TOPIC_MISSING') return new Map();
    throw error;
  }
};

/** The timestamp of one record, or why there is none. Of a topic that is missing every record is `beyond`. */
export const recordTimestamp =
  (reader: TopicReader): SinkParts['readRecordTimestamp'] =>
  async (topic, partition, offset): Promise<RecordTimestamp> => {
    if (offset >= ((await endsOf(reader, topic)).get(partition) ?? 0n)) return { kind: 'beyond' };
    for await (const [record] of reader.readRange({ topic, partition }, offset, offset + 1n))
      if (record !== undefined) return { kind: 'found', timestamp: record.timestamp };
    return { kind: 'gone' };
  };

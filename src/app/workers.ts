import { kafkaSubscribe } from '../adapters/kafka/subscribe.js';
import type { Config } from '../config.js';
import type { TopicReader } from '../core/broker.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import type { RecordTimestamp, SinkParts, WorkerDefinition } from '../core/pipeline.js';
import type { TopicPartition } from '../core/topic.js';
import { runWorker, type WorkerMarker } from '../core/worker.js';
import type { Clients } from './clients.js';

export type WorkerOptions = Readonly<{
  config: Config;
  clients: Clients;
  definition: WorkerDefinition;
  instance: string;
  log: Log;
  signal: AbortSignal;
  wait: boolean;
  onAssigned?(assigned: readonly TopicPartition[]): void;
  onHandled?(at: TopicPartition, next: bigint, end: bigint, records: number): void;
  onMarker?(marker: WorkerMarker): void;
}>;

/** The timestamp of one record, or why there is none. */
export const recordTimestamp =
  (reader: TopicReader): SinkParts['readRecordTimestamp'] =>
  async (topic, partition, offset): Promise<RecordTimestamp> => {
    if (offset >= ((await reader.endOffsets(topic)).get(partition) ?? 0n)) return { kind: 'beyond' };
    for await (const [record] of reader.readRange({ topic, partition }, offset, offset + 1n))
      if (record !== undefined) return { kind: 'found', timestamp: record.timestamp };
    return { kind: 'gone' };
  };

/**
 * Runs one member of a worker's group until the signal aborts; waits for servers that are away and goes on by itself.
 * @throws BridgeError `environment` with `wait` false when a server is away, or when the sink is held by another process
 */
export const runWorkerForever = async (options: WorkerOptions): Promise<void> => {
  const { config, clients, definition, instance, log, signal, wait, onAssigned, onHandled, onMarker } = options;
  const sink = definition.sink({
    instance,
    directory: config.logsDirectory,
    readRecordTimestamp: recordTimestamp(clients.reader),
    log,
  });
  const once = () =>
    runWorker({
      group: definition.name,
      instance,
      topics: definition.from,
      transform: definition.transform,
      sink,
      codec: clients.codec,
      subscribe: kafkaSubscribe(clients.kafka),
      publish: clients.publish,
      log,
      signal,
      ...(onAssigned === undefined ? {} : { onAssigned }),
      ...(onHandled === undefined ? {} : { onHandled }),
      ...(onMarker === undefined ? {} : { onMarker }),
    });
  try {
    await sink.open?.();
    await keepTrying(once, { log, signal, ...(wait ? {} : { forMs: 0 }) });
  } finally {
    await sink.close?.();
  }
};

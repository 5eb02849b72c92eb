import { kafkaSubscribe } from '../adapters/kafka/subscribe.js';
import type { Config } from '../config.js';
import type { Beginning } from '../core/broker.js';
import { type DeadLetterLimit, deadLetters } from '../core/dead-letters.js';
import type { Log } from '../core/log.js';
import type { Output } from '../core/output.js';
import { keepTrying } from '../core/patience.js';
import type { WorkerDefinition } from '../core/pipeline.js';
import type { TopicPartition } from '../core/topic.js';
import { chain } from '../core/transform.js';
import { runWorker, type WorkerMarker } from '../core/worker.js';
import { where } from '../transforms/where.js';
import type { Clients } from './clients.js';
import { recordTimestamp } from './record-timestamp.js';
import { rewind } from './rewind.js';

/** What a person asks of a worker: where to begin, when to end, what to show and how. */
export type Showing = Readonly<{
  output: Output;
  json: boolean;
  /** Where to begin, whatever the group has committed. */
  from?: Beginning;
  /** Ends after so many results. */
  max?: number;
  every?: number;
  /** Only the values with this text in this field. */
  where?: Readonly<{ field: string; text: string }>;
}>;

export type WorkerOptions = Readonly<{
  config: Config;
  clients: Clients;
  definition: WorkerDefinition;
  instance: string;
  log: Log;
  signal: AbortSignal;
  wait: boolean;
  showing: Showing;
  deadLetterLimit?: DeadLetterLimit | undefined;
  onAssigned?(assigned: readonly TopicPartition[]): void;
  onHandled?(at: TopicPartition, next: bigint, end: bigint, records: number): void;
  onMarker?(marker: WorkerMarker): void;
}>;

/**
 * Runs one member of a worker's group until the signal aborts; waits for servers that are away and goes on by itself.
 * @throws BridgeError `environment` with `wait` false when a server is away, or when the sink is held by another process
 */
export const runWorkerForever = async (options: WorkerOptions): Promise<void> => {
  const { config, clients, definition, instance, log, signal, wait, showing, onAssigned, onHandled, onMarker } = options;
  const { output, json, every } = showing;
  const letters = deadLetters(clients.publish, options.deadLetterLimit);
  const topics = definition.from.map(({ name }) => name);
  // A person's wishes are fulfilled once, however often the group is joined.
  let { from, max: left } = showing;
  const sink = definition.sink({
    group: definition.name,
    instance,
    output,
    json,
    ...(every === undefined ? {} : { every }),
    ...(config.logRotateBytes === undefined ? {} : { rotateBytes: config.logRotateBytes }),
    directory: config.logsDirectory,
    readRecordTimestamp: recordTimestamp(clients.reader),
    log,
  });
  const once = () =>
    runWorker({
      group: definition.name,
      instance,
      topics: definition.from,
      transform:
        showing.where === undefined
          ? definition.transform
          : chain(where(showing.where.field, showing.where.text), definition.transform),
      sink,
      codec: clients.decoding,
      subscribe: kafkaSubscribe(clients.kafka),
      publish: clients.publish,
      deadLetters: letters,
      ...(from === undefined ? {} : { from }),
      async rewind(to) {
        await rewind(clients, definition.name, topics, to, signal);
        from = undefined;
      },
      ...(left === undefined ? {} : { max: left }),
      log,
      signal,
      ...(onAssigned === undefined ? {} : { onAssigned }),
      onHandled(at, next, end, records, results) {
        if (left !== undefined) left -= results;
        onHandled?.(at, next, end, records);
      },
      ...(onMarker === undefined ? {} : { onMarker }),
    });
  try {
    const patience = { log, signal, ...(wait ? {} : { forMs: 0 }) };
    await keepTrying(async () => sink.open?.(), patience);
    await keepTrying(once, patience);
  } finally {
    await sink.close?.();
  }
};

import { Kafka, type KafkaConfig, type logCreator, logLevel } from 'kafkajs';
import type { Log } from '../../core/log.js';
import { kafkaSocket } from './socket.js';

export type KafkaOptions = Readonly<{
  brokers: readonly string[];
  clientId: string;
  ssl?: boolean;
  sasl?: Readonly<{ mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }>;
  log: Log;
}>;

/** Each request has a deadline, so that a black hole cannot hold a call for ever. */
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 5_000;

/** kafkajs speaks of each retry as an error; what comes of them is judged and said by rowbridge. */
const intoLog =
  (log: Log): logCreator =>
  () =>
  ({ namespace, level, log: { message, timestamp: _, logger: __, ...facts } }) => {
    if (level > logLevel.WARN) return;
    log.debug({ namespace, ...facts, said: message }, 'kafka client');
  };

/** A kafkajs client. The only place that makes one. */
export const kafkaClient = ({ brokers, clientId, ssl, sasl, log }: KafkaOptions): Kafka => {
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 4 },
    logCreator: intoLog(log),
    socketFactory: kafkaSocket,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
  };
  return new Kafka(config);
};

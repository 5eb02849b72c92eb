import { z } from 'zod';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const milliseconds = (fallback: number) => whole(10, 3_600_000).default(fallback);

/** The environment's settings: their forms, and what holds where they are not set. */
export const settings = z.object({
  STATE_DIR: z.string().default('state'),
  CONSUMER_LOGS_DIR: z.string().default('consumer_logs'),
  DATA_DIR: z.string().optional(),
  GENERATOR_SEED: z.string().optional(),
  ROWBRIDGE_HOME: z.string().default('.rowbridge'),
  LOG_ROTATE_BYTES: z.coerce.number().int().min(0).default(0),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).optional(),
  POLL_INTERVAL_MS: milliseconds(200),
  PAGE_ROWS: whole(1, 100_000).default(5_000),
  CAPTURE_DELAY_MS: milliseconds(5_000),
  KAFKA_SSL: z.enum(['true', 'false']).default('false'),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().default(''),
  KAFKA_SASL_PASSWORD: z.string().default(''),
  KAFKA_REPLICATION_FACTOR: whole(-1, 32).optional(),
  KAFKA_MIN_INSYNC_REPLICAS: whole(1, 32).optional(),
  MYSQL_SSL_CA: z.string().optional(),
  ROWBRIDGE_TEST_KILL_AT: z.stringFormat('marker', /^[a-z-]+(:\d+)?(:stop)?$/).optional(),
  ROWBRIDGE_TEST_PIPELINES: z.string().optional(),
});

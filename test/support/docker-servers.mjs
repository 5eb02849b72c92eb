/** The official images, as docker-compose.yml runs them, on ports of this machine. */
import { randomBytes } from 'node:crypto';
import { GenericContainer, Wait } from 'testcontainers';

const WITHIN_MS = 180_000;
const START_SCRIPT = '/tmp/start-with-its-address.sh';

const startMysql = async () => {
  const adminPassword = randomBytes(12).toString('hex');
  const container = await new GenericContainer('mysql:9.7')
    .withEnvironment({ MYSQL_ROOT_PASSWORD: adminPassword })
    .withExposedPorts(3306)
    // The server that only runs the first set-up opens no port.
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(WITHIN_MS)
    .start();
  const mysql = { host: container.getHost(), port: container.getMappedPort(3306), adminUser: 'root', adminPassword };
  return { container, mysql };
};

const BROKER_SETTINGS = {
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: 'PLAINTEXT://:9092,BROKER://:9093,CONTROLLER://:9094',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '500',
  KAFKA_HEAP_OPTS: '-Xmx512m',
};

/** A broker has to name the address that clients reach it at, which is known only when the container runs: it waits for a script. */
const startKafka = async () => {
  const waiting = 'waiting for its address';
  const container = await new GenericContainer('apache/kafka:4.3.1')
    .withEnvironment(BROKER_SETTINGS)
    .withExposedPorts(9092)
    .withEntrypoint(['sh', '-c', `echo ${waiting}; while [ ! -f ${START_SCRIPT} ]; do sleep 0.1; done; exec ${START_SCRIPT}`])
    .withWaitStrategy(Wait.forLogMessage(waiting))
    .withStartupTimeout(WITHIN_MS)
    .start();
  const broker = `${container.getHost()}:${container.getMappedPort(9092)}`;
  const advertised = `PLAINTEXT://${broker},BROKER://localhost:9093`;
  const content = `#!/bin/bash\nexport KAFKA_ADVERTISED_LISTENERS=${advertised}\nexec /etc/kafka/docker/run\n`;
  await container.copyContentToContainer([{ target: START_SCRIPT, mode: 0o777, content }]);
  await started(container, 'Kafka Server started');
  return { container, kafka: { brokers: [broker] } };
};

const started = async (container, text) => {
  const log = await container.logs();
  let timer;
  try {
    await new Promise((resolve, reject) => {
      timer = setTimeout(reject, WITHIN_MS, new Error(`${container.getName()} did not start`));
      log.on('data', (line) => String(line).includes(text) && resolve());
      log.on('end', () => reject(new Error(`${container.getName()} ended while it was starting`)));
    });
  } finally {
    clearTimeout(timer);
    log.destroy();
  }
};

const startRegistry = async () => {
  const container = await new GenericContainer('apicurio/apicurio-registry:3.3.3')
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .withStartupTimeout(WITHIN_MS)
    .start();
  return { container, registry: { url: `http://${container.getHost()}:${container.getMappedPort(8080)}/apis/ccompat/v7` } };
};

export const startDockerServers = async () => {
  const results = await Promise.allSettled([startMysql(), startKafka(), startRegistry()]);
  const containers = results.flatMap(({ value }) => (value === undefined ? [] : [value.container]));
  const stop = async () => {
    await Promise.all(containers.map((container) => container.stop()));
  };
  const failure = results.find(({ status }) => status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  const [{ mysql }, { kafka }, { registry }] = results.map(({ value }) => value);
  return { servers: { kind: 'docker', kafka, registry, mysql }, stop };
};

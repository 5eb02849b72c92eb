import type { TopicFacts } from '../../adapters/kafka/topic-facts.js';
import { deadLetterTopicOf } from '../../core/topic.js';
import { letterBytes } from '../dead-letter-topics.js';
import { error, type Finding, ok, warning } from './finding.js';

type Wanted = Readonly<{ name: string; partitions: number }>;

const alter = (topic: string, config: string): string =>
  `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${config}`;

/** A topic as it should be: there, with its partitions, and with copies where there are brokers for them. */
export async function* topicFindings({ name, partitions }: Wanted, facts: TopicFacts | undefined, brokers: number) {
  if (facts === undefined) {
    yield error('topics', {
      found: `Topic '${name}' is missing.`,
      means: 'producers and workers wait for it',
      fix: 'rowbridge setup',
    });
    return;
  }
  if (facts.partitions !== partitions)
    yield error('topics', {
      found: `Topic '${name}' has ${facts.partitions} partitions, the pipeline is made for ${partitions}.`,
      means: 'keys would move to other partitions and lose their order: nothing starts',
      fix: `Delete the topic and run 'rowbridge setup', or change 'partitions' in the pipeline.`,
    });
  else yield ok('topics', `${name} has ${partitions} partition${partitions === 1 ? '' : 's'}`);
  yield* safetyFindings(name, facts, brokers);
}

/** Whether every record of a topic can become a dead letter, with the headers that it gets. */
export async function* letterRoomFindings(topic: string, bytes: number, letters: number): AsyncGenerator<Finding> {
  const wanted = letterBytes(bytes);
  if (letters >= wanted) return;
  const name = deadLetterTopicOf(topic);
  yield warning('max.message.bytes', {
    found: `Topic '${name}' takes batches of ${letters} bytes, and '${topic}' of ${bytes}.`,
    means: 'a worker that cannot handle a record that fills its topic ends with BATCH_TOO_LARGE_FOR_TOPIC',
    fix: alter(name, `max.message.bytes=${wanted}`),
  });
}

/** How many copies an acknowledged record has. */
async function* safetyFindings(name: string, facts: TopicFacts, brokers: number): AsyncGenerator<Finding> {
  const { replicas, minInsync, uncleanElection } = facts;
  if (brokers > 1 && replicas < 2)
    yield warning('replicas', {
      found: `Topic '${name}' has one copy on ${brokers} brokers.`,
      means: 'records are lost with the disk of one broker, and stand still while it is down',
      fix: 'kafka-reassign-partitions.sh adds copies; new topics take the default.replication.factor of the brokers.',
    });
  if (replicas > 1 && minInsync < 2)
    yield warning('min.insync.replicas', {
      found: `Topic '${name}' has ${replicas} copies, but one is enough for an acknowledgement (min.insync.replicas=${minInsync}).`,
      means: 'an acknowledged record can be lost with one broker: acks=all means all that are in sync at the moment',
      fix: alter(name, 'min.insync.replicas=2'),
    });
  if (minInsync > replicas)
    yield error('min.insync.replicas', {
      found: `Topic '${name}' asks for ${minInsync} copies in sync and has ${replicas}.`,
      means: 'nothing can be published',
      fix: alter(name, `min.insync.replicas=${replicas}`),
    });
  else if (replicas === 1 || minInsync > 1)
    yield ok(
      'min.insync.replicas',
      `${name}: ${replicas} cop${replicas === 1 ? 'y' : 'ies'}, ${minInsync} needed for an acknowledgement`,
    );
  if (uncleanElection && replicas > 1)
    yield warning('unclean.leader.election', {
      found: `Topic '${name}' may elect a leader that lacks acknowledged records.`,
      means: 'records that were acknowledged can be lost',
      fix: alter(name, 'unclean.leader.election.enable=false'),
    });
}

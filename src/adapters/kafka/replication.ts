/** What a person wants of the copies of topics that are made. */
export type Replication = Readonly<{
  /** On how many brokers a record lies; -1 for the brokers' own default. */
  factor: number | undefined;
  /** How many of them have to have a record before it is acknowledged. */
  minInSync: number | undefined;
}>;

type TopicCopies = Readonly<{ replicationFactor: number; configEntries?: { name: string; value: string }[] }>;

/** With three copies and two needed, one broker may be lost: nothing acknowledged is lost, and publishing goes on. */
const WANTED_FACTOR = 3;
const WANTED_IN_SYNC = 2;

/** The copies of a new topic in a cluster of so many brokers: three where there are as many, two of which have to be in sync. */
export const copiesOf = ({ factor, minInSync }: Partial<Replication>, brokers: number): TopicCopies => {
  const replicationFactor = factor ?? Math.min(WANTED_FACTOR, brokers);
  const needed = minInSync ?? (replicationFactor >= WANTED_FACTOR ? WANTED_IN_SYNC : undefined);
  if (needed === undefined) return { replicationFactor };
  return { replicationFactor, configEntries: [{ name: 'min.insync.replicas', value: String(needed) }] };
};

import { partitionKey, type TopicPartition } from '../core/topic.js';

type Instance = { partitions: number[]; lines: number; readonly lag: Map<string, bigint> };

/** Counts what the roles of `up` report, and makes the line that a person reads each second. */
export type Progress = Readonly<{
  seeded(rows: number, changes: number): void;
  captured(rows: number): void;
  published(feed: string, records: number): void;
  assigned(instance: string, partitions: readonly TopicPartition[]): void;
  handled(instance: string, at: TopicPartition, next: bigint, end: bigint, lines: number): void;
  /** How many records of each feed are acknowledged. */
  byFeed: ReadonlyMap<string, number>;
  line(): string;
}>;

const lagOf = ({ lag }: Instance): bigint => [...lag.values()].reduce((sum, one) => sum + one, 0n);

export const progress = (instances: readonly string[]): Progress => {
  const known = new Map<string, Instance>(instances.map((name) => [name, { partitions: [], lines: 0, lag: new Map() }]));
  const counts = { seeded: 0, changed: 0, captured: 0, published: 0 };
  const byFeed = new Map<string, number>();
  return {
    byFeed,
    seeded(rows, changes) {
      counts.seeded = rows;
      counts.changed = changes;
    },
    captured(rows) {
      counts.captured += rows;
    },
    published(feed, records) {
      counts.published += records;
      byFeed.set(feed, (byFeed.get(feed) ?? 0) + records);
    },
    assigned(name, partitions) {
      const instance = known.get(name);
      if (instance === undefined) return;
      instance.partitions = partitions.map(({ partition }) => partition).sort((a, b) => a - b);
      instance.lag.clear();
    },
    handled(name, at, next, end, lines) {
      const instance = known.get(name);
      if (instance === undefined) return;
      instance.lines += lines;
      instance.lag.set(partitionKey(at), end > next ? end - next : 0n);
    },
    line() {
      const workers = [...known].map(
        ([name, instance]) => `${name} [${instance.partitions.join(',')}] ${instance.lines} lines, lag ${lagOf(instance)}`,
      );
      const { seeded, changed, captured, published } = counts;
      return [`seeded ${seeded}, changed ${changed}, captured ${captured}, published ${published}`, ...workers].join(' | ');
    },
  };
};

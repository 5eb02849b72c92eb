/** What can be wrong. `docs` of each: README. */
export const KINDS = ['lost', 'phantom', 'duplicate', 'divergent', 'outOfOrder', 'gap', 'misplaced', 'broken', 'lag'] as const;

export type Kind = (typeof KINDS)[number];

/** One thing that is wrong, as far as it is known where and what. Offsets are text: they may be larger than a number. */
export type Detail = Readonly<{
  /** Where it was noticed. */
  in: 'table' | 'topic' | 'log';
  key?: string | null;
  timestamp?: string | null;
  partition?: number;
  offset?: string;
  instance?: string;
  line?: number;
  /** What is wrong, where the kind alone does not say it. */
  what?: string;
}>;

export type Finding = Readonly<{ count: number; byPartition: Readonly<Record<string, number>>; first: readonly Detail[] }>;

/** `phantom` is null where there is no journal of commits: nobody can tell then. */
export type Findings = Readonly<Record<Exclude<Kind, 'phantom'>, Finding> & { phantom: Finding | null }>;

const FIRST = 10;

type Tally = { count: number; readonly byPartition: Map<number, number>; readonly first: Detail[] };

/** Counts exactly and keeps the first ten of each kind. */
export type Collector = Readonly<{
  /** `detail` is asked only for the first ten. */
  add(kind: Kind, partition: number, detail: () => Detail): void;
  /** Counts without a detail. */
  count(kind: Kind, partition: number): void;
  /** How many details of a kind are still wanted. */
  wanted(kind: Kind): number;
  detail(kind: Kind, detail: Detail): void;
  /** @param withPhantoms whether there was a journal of commits */
  findings(withPhantoms: boolean): Findings;
}>;

export const collector = (): Collector => {
  const tallies = new Map<Kind, Tally>(KINDS.map((kind) => [kind, { count: 0, byPartition: new Map(), first: [] }]));
  const of = (kind: Kind): Tally => tallies.get(kind) as Tally;
  const count = (kind: Kind, partition: number): Tally => {
    const tally = of(kind);
    tally.count++;
    // Less than 0: in no partition that is known.
    if (partition >= 0) tally.byPartition.set(partition, (tally.byPartition.get(partition) ?? 0) + 1);
    return tally;
  };
  const finding = ({ count, byPartition, first }: Tally): Finding => ({
    count,
    byPartition: Object.fromEntries([...byPartition].sort(([a], [b]) => a - b)),
    first,
  });
  return {
    add(kind, partition, detail) {
      const { first } = count(kind, partition);
      if (first.length < FIRST) first.push(detail());
    },
    count: (kind, partition) => void count(kind, partition),
    wanted: (kind) => FIRST - of(kind).first.length,
    detail: (kind, detail) => void of(kind).first.push(detail),
    findings(withPhantoms) {
      const all = Object.fromEntries(KINDS.map((kind) => [kind, finding(of(kind))])) as Record<Kind, Finding>;
      return { ...all, phantom: withPhantoms ? all.phantom : null };
    },
  };
};

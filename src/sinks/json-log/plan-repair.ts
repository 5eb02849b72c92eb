import { type Audit, type Broken, runsOf } from './audit.js';
import type { Run } from './offset-runs.js';

/** What Kafka knows of a partition: how far the group has committed, and where the topic begins now. */
export type PartitionFacts = Readonly<{ committed: bigint; start: bigint }>;

/** Offsets of one partition to be put in the place of a damage; `gone` of them retention has removed from the topic. */
export type Gap = Readonly<{ key: string; runs: readonly Run[]; gone: bigint }>;

/** A damage, and what has to stand in its place. */
export type Mending = Readonly<{ broken: Broken; gaps: readonly Gap[] }>;

const lengthOf = (runs: readonly Run[]): bigint => runs.reduce((sum, { from, to }) => sum + to - from, 0n);

export const recordsOf = ({ gaps }: Mending): bigint => gaps.reduce((sum, { runs }) => sum + lengthOf(runs), 0n);
export const goneOf = ({ gaps }: Mending): bigint => gaps.reduce((sum, { gone }) => sum + gone, 0n);

/**
 * What a damage may have held, with all workers stopped. Offsets of a partition grow within an instance's logs, so a record that
 * stood there is higher than the last one of its partition before it and lower than the first one after it; and it is in no other
 * log. Where nothing follows, what the group has not committed and no log holds beyond comes again by itself. So exactly the
 * offsets in between that are in no log are put in its place, in their order: none can be there twice, none is left out.
 * Two damages with nothing of a partition between them hold the same gap of it: the first gets it.
 */
export const planRepair = (
  { broken, logged }: Audit,
  instance: string,
  partitions: ReadonlyMap<string, PartitionFacts>,
): readonly Mending[] => {
  const done = new Set<string>();
  return broken
    .filter((one) => one.instance === instance)
    .map((one): Mending => {
      const gaps: Gap[] = [];
      for (const [key, { committed, start }] of partitions) {
        const runs = runsOf(logged, key);
        const before = one.before.get(key);
        const end = runs.end() > committed ? runs.end() : committed;
        const to = one.after.get(key) ?? end;
        const from = before === undefined ? start : before + 1n;
        const window = `${key} ${from} ${to}`;
        if (from >= to || done.has(window)) continue;
        done.add(window);
        const missing = runs.missing({ from, to });
        const there = missing.flatMap((run) =>
          run.to <= start ? [] : { from: run.from > start ? run.from : start, to: run.to },
        );
        if (missing.length > 0) gaps.push({ key, runs: there, gone: lengthOf(missing) - lengthOf(there) });
      }
      return { broken: one, gaps };
    });
};

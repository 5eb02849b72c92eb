/** From one offset to another, the second not included. */
export type Run = Readonly<{ from: bigint; to: bigint }>;

type Kept<Owner> = { from: bigint; to: bigint; owner: Owner };

/** Offsets of one partition, as runs: offsets that follow each other take no room. */
export const offsetRuns = <Owner>() => {
  const runs: Kept<Owner>[] = [];

  /** The index of the first run that ends beyond an offset. */
  const indexOf = (offset: bigint): number => {
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((runs[middle] as Kept<Owner>).to > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    /** Adds an offset. Gives who added it before, if somebody has. */
    add(offset: bigint, owner: Owner): Owner | undefined {
      const index = indexOf(offset);
      const there = runs[index];
      if (there !== undefined && there.from <= offset) return there.owner;
      const before = runs[index - 1];
      if (before !== undefined && before.to === offset && before.owner === owner) before.to = offset + 1n;
      else runs.splice(index, 0, { from: offset, to: offset + 1n, owner });
      return undefined;
    },
    /** What of a run is not in here. */
    missing({ from, to }: Run): Run[] {
      const found: Run[] = [];
      let next = from;
      for (let index = indexOf(from); next < to; index++) {
        const run = runs[index];
        if (run === undefined || run.from >= to) break;
        if (run.from > next) found.push({ from: next, to: run.from });
        if (run.to > next) next = run.to;
      }
      if (next < to) found.push({ from: next, to });
      return found;
    },
    /** The offset after the highest. */
    end: (): bigint => runs.at(-1)?.to ?? 0n,
  };
};

export type OffsetRuns<Owner> = ReturnType<typeof offsetRuns<Owner>>;

/** How many single-character edits lead from one text to the other. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
};

/** "Did you mean 'products'? " where one of the names is near enough, else nothing. */
export const nearest = (wrong: string, names: readonly string[]): string => {
  const [best] = names.map((name) => ({ name, far: distance(wrong, name) })).sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(2, wrong.length / 3) ? `Did you mean '${best.name}'? ` : '';
};

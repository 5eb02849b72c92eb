const DOWNLOADED = /Downloaded from .* \(([\d.]+) ([kMG]?)B(?: at .*)?\)/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

export type MavenProgress = Readonly<{ onLine(line: string): void; text(): string; errors(): string }>;

/** Makes of Maven's output how far it is, and what went wrong. */
export const mavenProgress = (): MavenProgress => {
  let files = 0;
  let bytes = 0;
  let lastLine = '';
  const errors: string[] = [];
  return {
    onLine(line) {
      const match = DOWNLOADED.exec(line);
      if (match !== null) {
        files += 1;
        bytes += Number(match[1]) * (FACTORS[match[2] ?? ''] ?? 1);
      }
      const text = line.replace('[ERROR]', '').trim();
      if (line.startsWith('[ERROR]') && text !== '' && errors.length < 3) errors.push(text);
      if (text !== '') lastLine = text;
    },
    text: () => (files === 0 ? 'unpacking servers' : `downloading servers: ${files} files, ${Math.round(bytes / 1e6)} MB`),
    errors: () => (errors.length === 0 ? lastLine : errors.join(' ')),
  };
};

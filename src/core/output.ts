export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray';

/** Where a person, or another program, reads what a worker shows. */
export type Output = Readonly<{
  /**
   * Writes lines; resolves when the reader has taken them.
   * @throws BridgeError `environment` when not all of them were written: what they tell must not count as told
   */
  lines(lines: readonly string[]): Promise<void>;
  /** Keeps one line in sight below all others, each new one in place of the last. Shows nothing where lines cannot be overwritten. */
  status(line: string): void;
  /** Whether `status` shows anything. */
  canOverwrite: boolean;
  /** The text in a colour, or as it is where colours are not wanted. */
  paint(colour: Colour, text: string): string;
}>;

import { constants } from 'node:os';

export type Lifecycle = Readonly<{
  /** Aborts on SIGINT, SIGTERM, SIGHUP, or when `stop` is called. */
  signal: AbortSignal;
  stop(): void;
  /** Registers what has to be released; released in reverse order. */
  onRelease(release: () => Promise<void>): void;
  /** Releases everything. A failure of one does not keep the others. Safe to call twice. */
  release(): Promise<void>;
}>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns signals into one AbortSignal. The first asks to stop; a second one ends the process at once through `exit(128 + n)`.
 */
export const lifecycle = (exit: (code: number) => void): Lifecycle => {
  const controller = new AbortController();
  const releases: (() => Promise<void>)[] = [];
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) exit(128 + constants.signals[name]);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);

  let released: Promise<void> | undefined;
  const releaseAll = async (): Promise<void> => {
    for (const release of releases.reverse()) await release().catch(() => {});
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  return {
    signal: controller.signal,
    stop: () => controller.abort(),
    onRelease: (release) => void releases.push(release),
    release: () => {
      released ??= releaseAll();
      return released;
    },
  };
};

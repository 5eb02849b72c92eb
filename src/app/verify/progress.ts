import type { Phase } from './evidence.js';

/** How far a verification is. */
export type Progress = Readonly<{
  phase: Phase;
  /** 0 to 1. */
  part: number;
  /** Rows, records and lines a second, all together. */
  perSecond: number;
  secondsLeft: number;
}>;

export type ProgressCounter = Readonly<{ add(phase: Phase, read: number): void; now(): Progress }>;

/** A line has about as many bytes; the log of a pipeline with others changes only how even the bar moves. */
const LINE_BYTES = 180;

const units = (phase: Phase, read: number): number => (phase === 'logs' ? read / LINE_BYTES : read);

/** @param expected how much each phase will read: bytes of logs, records, rows */
export const progressCounter = (
  expected: Readonly<Record<Phase, number>>,
  clock: () => number = () => performance.now(),
): ProgressCounter => {
  const begun = clock();
  const total = Object.entries(expected).reduce((sum, [phase, read]) => sum + units(phase as Phase, read), 0);
  let phase: Phase = 'logs';
  let done = 0;
  return {
    add(current, read) {
      phase = current;
      done += units(current, read);
    },
    now() {
      const seconds = Math.max(0.001, (clock() - begun) / 1000);
      const part = total === 0 ? 1 : Math.min(1, done / total);
      return { phase, part, perSecond: done / seconds, secondsLeft: part === 0 ? 0 : (seconds * (1 - part)) / part };
    },
  };
};

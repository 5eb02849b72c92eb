import { delayOrAbort } from '../../../src/core/delay.js';
import type { Program } from '../../support/program.js';

/** A program that is started again whenever it ends, until it is told to stop. */
export type KeptProgram = Readonly<{
  name: string;
  signal(name: NodeJS.Signals): void;
  /** From the next start on it kills itself there, once. */
  killAt(marker: string): void;
  /** How often it was started. */
  starts(): number;
  /** SIGTERM, and waits for the end; it is not started again. One that does not end within 30 s is killed, which is a failure. */
  stop(): Promise<void>;
  /** What it did that nothing done to it explains. */
  failure(): string | undefined;
}>;

/** A signal that came before the program listened to it ends it as well; so does a second one, with 128 and its number. */
const KILLED: readonly (number | string)[] = [0, 'SIGKILL', 'SIGTERM', 'SIGINT', 130, 143];
/** The connection of a dead one may hold its lock for a while, behind a broken network. */
const LOCKED = /FEED_LOCKED|LOG_LOCKED/;
const STOP_MS = 30_000;

export const keepRunning = (
  name: string,
  start: (env: Readonly<Record<string, string>>) => Program,
  signal: AbortSignal,
): KeptProgram => {
  let program: Program | undefined;
  let starts = 0;
  let marker: string | undefined;
  let failure: string | undefined;
  const stopped = new AbortController();
  const over = AbortSignal.any([signal, stopped.signal]);
  const run = async (): Promise<void> => {
    while (!over.aborted && failure === undefined) {
      const env: Record<string, string> = marker === undefined ? {} : { ROWBRIDGE_TEST_KILL_AT: marker };
      marker = undefined;
      program = start(env);
      starts += 1;
      const code = await program.ended(24 * 3_600_000);
      const explained = KILLED.includes(code) || (code === 3 && LOCKED.test(program.stderr()));
      if (!explained || /UNEXPECTED|[Uu]nhandled/.test(program.stderr()))
        failure = `${name} ended with ${code}:\n${program.stderr().slice(-2_000)}`;
      await delayOrAbort(200, over);
    }
  };
  const running = run().catch((error: unknown) => {
    failure ??= String(error);
  });
  return {
    name,
    signal: (wanted) => program?.signal(wanted),
    killAt(wanted) {
      marker = wanted;
      program?.signal('SIGTERM');
    },
    starts: () => starts,
    async stop() {
      stopped.abort();
      program?.signal('SIGCONT');
      program?.signal('SIGTERM');
      const ended = new AbortController();
      const late = delayOrAbort(STOP_MS, ended.signal).then((isLate) => {
        if (!isLate) return;
        failure ??= `${name} did not end within ${STOP_MS} ms of SIGTERM:\n${program?.stderr().slice(-2_000) ?? ''}`;
        program?.signal('SIGKILL');
      });
      await running;
      ended.abort();
      await late;
    },
    failure: () => failure,
  };
};

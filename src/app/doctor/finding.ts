import { BridgeError, messageOf } from '../../core/errors.js';

/** What one check found. */
export type Finding = Readonly<{
  /** The subject and the thing, such as `mysql.grants`. */
  check: string;
  level: 'ok' | 'warning' | 'error';
  found: string;
  /** What it means for the guarantee, or for the run. */
  means?: string;
  /** The statement or command that mends it. */
  fix?: string;
}>;

/** One subject's checks. Whatever they throw is a finding too. */
export type Check = Readonly<{ name: string; run(): AsyncIterable<Finding> }>;

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found });

type Bad = Readonly<{ found: string; means: string; fix: string }>;

export const warning = (check: string, bad: Bad): Finding => ({ check, level: 'warning', ...bad });

export const error = (check: string, bad: Bad): Finding => ({ check, level: 'error', ...bad });

const fromThrown = (check: string, thrown: unknown): Finding => ({
  check,
  level: 'error',
  found: thrown instanceof BridgeError ? thrown.found : messageOf(thrown),
  means: 'nothing runs before this is put right',
  ...(thrown instanceof BridgeError ? { fix: thrown.fix } : {}),
});

/** Runs checks one after the other; one that fails does not keep the others from running. */
export async function* examine(checks: readonly Check[]): AsyncGenerator<Finding> {
  for (const { name, run } of checks) {
    try {
      yield* run();
    } catch (thrown) {
      yield fromThrown(name, thrown);
    }
  }
}

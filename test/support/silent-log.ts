import type { Log } from '../../src/core/log.js';

const nothing = (): void => {};

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silentLog };

export type LoggedLine = Readonly<{ level: string; message: string; facts: Record<string, unknown> }>;

/** A log that remembers what was said. */
export const rememberingLog = (): Readonly<{ log: Log; lines: LoggedLine[] }> => {
  const lines: LoggedLine[] = [];
  const write = (level: string) => (facts: object | string, message?: string) => {
    lines.push(
      typeof facts === 'string' ? { level, message: facts, facts: {} } : { level, message: message ?? '', facts: { ...facts } },
    );
  };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => log };
  return { log, lines };
};

import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from './core/log.js';

/** Lines that wait for a stderr that takes none, a full disk; beyond it the newest are lost. */
const WAITING_BYTES = 1 << 20;

/**
 * The root of the operations log: on stderr, one JSON object a line, or readable lines on a terminal.
 * A line that cannot be written throws nothing: it is written when stderr takes lines again, or never.
 */
export const rootLog = (level: string, terminal: boolean, fd = 2): Log => {
  const destination = pino.destination({ dest: fd, sync: true, maxLength: WAITING_BYTES });
  // Without a listener each line that is not written would throw into whoever logs.
  destination.on('error', () => {});
  const readable = prettyFactory({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' });
  const stream = terminal ? { write: (line: string) => void destination.write(readable(line)) } : destination;
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
};

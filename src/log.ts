import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from './core/log.js';

/** The root of the operations log: on stderr, one JSON object a line, or readable lines on a terminal. */
export const rootLog = (level: string, terminal: boolean): Log => {
  const stream = terminal
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
};

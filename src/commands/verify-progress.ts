import type { Phase } from '../app/verify/evidence.js';
import type { Progress, ProgressCounter } from '../app/verify/progress.js';
import { delayOrAbort } from '../core/delay.js';

const BAR_WIDTH = 30;
const TERMINAL_MS = 200;
const LOG_MS = 5_000;

const DOING: Readonly<Record<Phase, string>> = {
  logs: 'reading the logs',
  topic: 'reading the topic',
  table: 'reading the table',
  order: 'checking the order of keys',
};

/** The line that shows how far it is. */
export const progressLine = (topic: string, { phase, part, perSecond, secondsLeft }: Progress): string => {
  const filled = Math.round(part * BAR_WIDTH);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
  const rate = `${Math.round(perSecond).toLocaleString('en')}/s`;
  return `${topic} ${bar} ${Math.floor(part * 100)} %  ${rate}  ${Math.ceil(secondsLeft)} s left  ${DOING[phase]}`;
};

type Stream = Readonly<{ isTTY?: boolean; write(text: string): unknown }>;

/** Shows how far a verification is, until the signal aborts: on a terminal one line that is overwritten, elsewhere a line every 5 s. */
export const showProgress = async (
  stream: Stream,
  current: () => Readonly<{ topic: string; counter: ProgressCounter }> | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const terminal = stream.isTTY === true;
  while (await delayOrAbort(terminal ? TERMINAL_MS : LOG_MS, signal)) {
    const now = current();
    if (now === undefined) continue;
    const line = progressLine(now.topic, now.counter.now());
    stream.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
  }
  if (terminal) stream.write('\r\u001b[K');
};

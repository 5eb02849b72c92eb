import type { Output } from '../../src/core/output.js';
import type { SinkParts } from '../../src/core/pipeline.js';
import { silentLog } from './silent-log.js';

/** An output that remembers. Colours show as `<cyan>text</cyan>`. */
export const rememberingOutput = (canOverwrite = false): Output & Readonly<{ shown: string[]; statuses: string[] }> => {
  const shown: string[] = [];
  const statuses: string[] = [];
  return {
    shown,
    statuses,
    canOverwrite,
    lines: async (lines) => void shown.push(...lines),
    status: (line) => void statuses.push(line),
    paint: (colour, text) => `<${colour}>${text}</${colour}>`,
  };
};

/** What a sink is handed in a test. */
export const sinkParts = (changes: Partial<SinkParts> = {}): SinkParts => ({
  group: 'group',
  instance: 'group',
  directory: '/nowhere',
  output: rememberingOutput(),
  json: false,
  readRecordTimestamp: async () => ({ kind: 'gone' }),
  log: silentLog,
  ...changes,
});

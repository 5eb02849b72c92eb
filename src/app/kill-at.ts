import type { Config } from '../config.js';

/**
 * For tests of crash safety: ends the process with SIGKILL, or stops it, the n-th time it comes to a marker.
 * A signal from outside can only guess at such a moment.
 */
export const killAt = ({ killAt: wanted }: Config): ((marker: string) => void) => {
  let met = 0;
  return (marker) => {
    if (wanted === undefined || marker !== wanted.marker) return;
    met++;
    if (met === wanted.occurrence) process.kill(process.pid, wanted.signal);
  };
};

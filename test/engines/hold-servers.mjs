/** Runs the servers of a home until it is killed; prints what `startEngines` gives. Arguments: home, downloads, which servers. */
import { startEngines } from '../../dist/engines/index.js';

const [home, downloads, ...only] = process.argv.slice(2);
const engines = await startEngines({
  home,
  downloads,
  env: process.env,
  onProgress: () => {},
  signal: new AbortController().signal,
  ...(only.length > 0 ? { only } : {}),
});
process.stdout.write(`${JSON.stringify(engines)}\n`);
await engines.untilStopped(new AbortController().signal);

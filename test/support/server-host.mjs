/**
 * Jest's global set-up and tear-down: the real servers of a test run, started when the first test asks for them and stopped at the end.
 * Jest loads this file itself, without our transform, so it is plain JavaScript and uses the built program.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT_ENGINES = join(ROOT, 'dist', 'engines', 'index.js');

const startEmbedded = async () => {
  if (!existsSync(BUILT_ENGINES)) throw new Error("dist/ is missing: run 'npm run build' first");
  const { startEngines } = await import(pathToFileURL(BUILT_ENGINES).href);
  const home = await mkdtemp(join(tmpdir(), 'rowbridge-test-servers-'));
  const { kafka, registry, mysql, stop } = await startEngines({
    home,
    downloads: join(ROOT, '.rowbridge', 'dist'),
    env: process.env,
    onProgress: (text) => process.stderr.write(`${text}\n`),
    signal: new AbortController().signal,
  });
  const stopAndClear = async () => {
    await stop();
    await rm(home, { recursive: true, force: true });
  };
  return { servers: { kind: 'embedded', kafka, registry, mysql }, stop: stopAndClear };
};

const startDocker = async () => (await import('./docker-servers.mjs')).startDockerServers();

const STARTS = { embedded: startEmbedded, docker: startDocker };

/** Answers every request with the servers' addresses, or with why there are none. */
const serverHost = (start) => {
  let starting;
  const http = createServer(async (_request, response) => {
    starting ??= start();
    try {
      response.end(JSON.stringify((await starting).servers));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error?.stack ?? error));
    }
  });
  return {
    listen: () => new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${http.address().port}`))),
    async close() {
      http.close();
      http.closeAllConnections();
      await starting?.then(
        ({ stop }) => stop(),
        () => {},
      );
    },
  };
};

let host;

export const setup = async () => {
  const kind = process.env.ROWBRIDGE_TEST_SERVERS ?? 'embedded';
  const start = STARTS[kind];
  if (start === undefined) throw new Error(`ROWBRIDGE_TEST_SERVERS is '${kind}': it can be ${Object.keys(STARTS).join(' or ')}`);
  host = serverHost(start);
  process.env.ROWBRIDGE_TEST_SERVERS_AT = await host.listen();
};

export const teardown = () => host?.close();

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pipelineNames } from '../../src/app/pipelines.js';
import type { Status } from '../../src/app/status.js';
import { generatorFeeds, type Pipeline } from '../../src/core/pipeline.js';
import { feedVariable } from '../../src/feed-settings.js';
import { compose, eventually, logsFolder, takeDown, telling } from './stack.js';

type Service = Readonly<{ Service: string; State: string; ExitCode: number }>;
type Configured = Readonly<{
  image: string;
  environment: Readonly<Record<string, string | null>>;
  ports?: readonly unknown[];
  depends_on?: Readonly<Record<string, Readonly<{ condition: string }>>>;
}>;
type Value = Readonly<Record<string, unknown>>;

const KINDS = ['TOPIC', 'PARTITIONS', 'COUNT', 'DELAY_MS'] as const;
const ESCAPE = '\u001b';

/** The pipelines of generated events: each has a profile of its name. */
const generated = async (): Promise<Map<string, Pipeline>> => {
  const found = new Map<string, Pipeline>();
  for (const name of pipelineNames()) {
    const { default: pipeline } = (await import(`../../src/pipelines/${name}/index.js`)) as { default: Pipeline };
    if (generatorFeeds(pipeline).length > 0) found.set(name, pipeline);
  }
  return found;
};

const configured = async (...args: string[]): Promise<Record<string, Configured>> =>
  (JSON.parse(await compose(...args, 'config', '--format', 'json')) as { services: Record<string, Configured> }).services;

const sorted = (lines: readonly string[]): string[] => [...lines].sort();

/** One profile, started alone as a person would, with what stands in a file `.env`. */
class Profile {
  readonly #name: string;
  readonly #args: string[];
  readonly #services: string[];

  constructor(name: string, envFile: string, roles: readonly string[]) {
    this.#name = name;
    this.#args = ['--env-file', envFile, '--profile', name];
    this.#services = roles.map((role) => `${name}-${role}`);
  }

  /** Starts the services, and sees that nothing else is started but Kafka and what sets up the topics. */
  async up(...args: string[]): Promise<void> {
    await compose(...this.#args, 'up', '--detach', ...args, ...this.#services);
    const services = (await this.#containers()).map(({ Service }) => Service);
    expect(sorted(services)).toEqual(sorted(['kafka', `${this.#name}-setup`, ...this.#services]));
  }

  stop(...roles: string[]): Promise<string> {
    return compose(...this.#args, 'stop', ...roles.map((role) => `${this.#name}-${role}`));
  }

  /** Waits until a service has ended by itself; gives its exit code. */
  ended(role: string): Promise<number> {
    return eventually(`${this.#name}-${role} has ended`, async () => {
      const found = (await this.#containers()).find(({ Service }) => Service === `${this.#name}-${role}`);
      return found?.State === 'exited' ? found.ExitCode : undefined;
    });
  }

  /** What a service has printed so far: the lines that are not its log of operations. */
  async printed(role: string): Promise<string[]> {
    const text = await compose(...this.#args, 'logs', '--no-color', '--no-log-prefix', `${this.#name}-${role}`);
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('{"level"'));
  }

  /** Waits until a service has printed so many lines of a kind; gives them all. */
  lines(role: string, kind: RegExp, count: number): Promise<string[]> {
    return eventually(`${count} lines ${kind} of ${this.#name}-${role}`, async () => {
      const lines = (await this.printed(role)).filter((line) => kind.test(line));
      return lines.length >= count ? lines : undefined;
    });
  }

  /** `rowbridge status`, asked for in a container of this profile. */
  async status(role: string): Promise<Status> {
    const command = ['node', 'dist/main.js', 'status', this.#name, '--json'];
    return JSON.parse(await compose(...this.#args, 'exec', '-T', `${this.#name}-${role}`, ...command)) as Status;
  }

  async #containers(): Promise<Service[]> {
    const text = await compose('--profile', '*', 'ps', '--all', '--format', 'json');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Service]));
  }
}

/** The values of topics as Kafka's own tool reads them. */
const valuesIn = async (topics: string, count: number): Promise<Value[]> => {
  const tool = ['/opt/kafka/bin/kafka-console-consumer.sh', '--bootstrap-server', 'kafka:9092', '--from-beginning'];
  // One more than there should be: it looks for that one for two seconds.
  const end = ['--max-messages', String(count + 1), '--timeout-ms', '2000'];
  const text = await compose('exec', '-T', 'kafka', ...tool, '--include', topics, ...end);
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Value] : []));
};

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

const readJson = async (...path: string[]): Promise<Value> => JSON.parse(await readFile(join(...path), 'utf8')) as Value;

describe('docker compose --profile', () => {
  let folder = '';
  const envFile = async (settings: Readonly<Record<string, string | number>>): Promise<string> => {
    const path = join(folder, 'env');
    await writeFile(
      path,
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rowbridge-profiles-'));
    await takeDown();
    await compose('--profile', 'traffic', 'build');
  });
  afterEach(takeDown);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('hands every setting of a feed to every container of its profile', async () => {
    for (const [name, pipeline] of await generated()) {
      const variables = generatorFeeds(pipeline).flatMap((feed) => KINDS.map((kind) => feedVariable(feed.name, kind)));
      const given = Object.fromEntries(variables.map((variable) => [variable, `${variable} of .env`]));
      const path = await envFile(given);
      const services = Object.entries(await configured('--env-file', path, '--profile', name)).filter(([service]) =>
        service.startsWith(`${name}-`),
      );
      expect(services.length).toBeGreaterThan(2);
      for (const [, { environment }] of services) expect(environment).toMatchObject(given);
    }
  });

  it('has the defaults of all these settings in .env.example', async () => {
    const lines = new Set((await readFile('.env.example', 'utf8')).split('\n'));
    const wanted = [...(await generated()).values()].flatMap(generatorFeeds).flatMap(({ name, topic, source }) => {
      const defaults = [topic.name, topic.partitions, source.count ?? '', 1000 / source.eventsPerSecond];
      return KINDS.map((kind, at) => `# ${feedVariable(name, kind)}=${defaults[at]}`);
    });
    expect(wanted.filter((line) => !lines.has(line))).toEqual([]);
  });

  it('has the data of all pipelines in the image, as it is here', async () => {
    const run = promisify(execFile);
    const image = process.env.ROWBRIDGE_IMAGE ?? '';
    const { stdout } = await run('docker', ['run', '--rm', '--entrypoint', 'find', image, 'data', '-type', 'f']);
    const files = await readdir('data', { recursive: true, withFileTypes: true });
    const here = files.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    expect(sorted(stdout.trim().split('\n'))).toEqual(sorted(here));
  });

  it('kafka-ui has its page on 127.0.0.1, and looks into these brokers and this registry', async () => {
    const { 'kafka-ui': page, ...others } = await configured('--profile', 'kafka-ui');
    expect(page).toMatchObject({
      image: expect.stringMatching(/^ghcr\.io\/kafbat\/kafka-ui:v\d+\.\d+\.\d+$/),
      environment: {
        KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS: 'kafka:9092',
        KAFKA_CLUSTERS_0_SCHEMAREGISTRY: others.setup?.environment.SCHEMA_REGISTRY_URL,
      },
      ports: [expect.objectContaining({ host_ip: '127.0.0.1', published: '8081', target: 8080 })],
      depends_on: { kafka: { condition: 'service_healthy' }, registry: { condition: 'service_healthy' } },
    });
    expect(await configured()).toEqual(others);
  });

  it(
    'clicks-and-orders: analytics shows both topics, inventory.json holds exactly the orders',
    telling(async () => {
      const [clicks, orders] = [60, 25];
      const settings = { CLICKS_COUNT: clicks, CLICKS_DELAY_MS: 20, ORDERS_COUNT: orders, ORDERS_DELAY_MS: 40 };
      const profile = new Profile('clicks-and-orders', await envFile(settings), ['producer', 'analytics', 'inventory']);
      await profile.up();
      expect(await profile.ended('producer')).toBe(0);
      const received = await profile.lines('analytics', /^\[ANALYTICS\] Received from /, clicks + orders);
      const file = join(logsFolder, 'inventory', 'inventory.json');
      const inventory = await eventually('all orders are in inventory.json', async () => {
        const read = await readJson(file);
        return read.count === orders ? read : undefined;
      });
      const { generators } = await profile.status('inventory');
      expect(generators.map(({ records }) => records)).toEqual([clicks, orders]);

      const sent = await valuesIn('clics_utilisateur|commandes_validees', clicks + orders);
      const linesOf = (type: string, topic: string) =>
        sent
          .filter((value) => value.type === type)
          .map((value) => `[ANALYTICS] Received from ${topic}: ${JSON.stringify(value)}`);
      expect(sorted(received)).toEqual(
        sorted([...linesOf('CLICK', 'clics_utilisateur'), ...linesOf('ORDER', 'commandes_validees')]),
      );
      const ordered = sent.filter(({ type }) => type === 'ORDER');
      expect(ordered).toHaveLength(orders);
      const cents = ordered.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0);
      expect(inventory).toMatchObject({ count: orders, amount: cents / 100 });
      expect(ordered).toContainEqual(inventory.last_order);
      expect(await modeOf(file)).toBe('666');
      expect(await modeOf(join(logsFolder, 'inventory'))).toBe('777');

      await profile.stop('analytics');
      const last = (await profile.printed('analytics')).at(-1);
      expect(last).toMatch(
        new RegExp(`^\\[DASHBOARD\\] ${clicks} clicks .* \\| ${orders} orders \\| revenue ${(cents / 100).toFixed(2)}$`),
      );
    }),
  );

  it(
    'shop-events: three producers tell one story and end, metrics counts it; a second up tells it again',
    telling(async () => {
      const pace = { PRODUCT_EVENTS_DELAY_MS: 50, PURCHASES_DELAY_MS: 50, USER_EVENTS_DELAY_MS: 50 };
      const counts = { 'product-events': 40, purchases: 15, 'user-events': 30 };
      const profile = new Profile('shop-events', await envFile(pace), [...Object.keys(counts), 'all-events', 'metrics']);
      await profile.up();
      for (const [feed, count] of Object.entries(counts)) {
        expect(await profile.ended(feed)).toBe(0);
        expect((await profile.printed(feed)).at(-1)).toBe(`${feed}: ${count} events acknowledged in ${feed}`);
      }
      const shown = await profile.lines('all-events', /^[a-z-]+ {2}20\d\d-/, 85);
      expect(shown.join('\n')).not.toContain(ESCAPE);
      for (const [topic, count] of Object.entries(counts))
        expect(shown.filter((line) => line.startsWith(`${topic}  `))).toHaveLength(count);
      await profile.lines('metrics', /^Events: 80$/, 1);
      await eventually('all events are counted', async () =>
        (await readJson(logsFolder, 'metrics', 'metrics.json')).events === 85 ? true : undefined,
      );
      await profile.stop('metrics');
      const headings = (await profile.printed('metrics')).filter((line) => line.startsWith('Events: '));
      expect(headings).toEqual([20, 40, 60, 80, 85].map((events) => `Events: ${events}`));

      await profile.up();
      for (const feed of Object.keys(counts)) expect(await profile.ended(feed)).toBe(0);
      await eventually('the second story is counted too', async () =>
        (await readJson(logsFolder, 'metrics', 'metrics.json')).events === 170 ? true : undefined,
      );
      const events = await valuesIn('product-events|purchases', 2 * 55);
      const story = events.map(({ timestamp: _, ...rest }) => JSON.stringify(rest));
      const told = new Map<string, number>();
      for (const event of story) told.set(event, (told.get(event) ?? 0) + 1);
      expect(story).toHaveLength(2 * 55);
      expect([...told].filter(([, times]) => times % 2 !== 0)).toEqual([]);
      const inCart = new Set(
        events.flatMap(({ type, session_id, product_id }) => (type === 'add_to_cart' ? [`${session_id} ${product_id}`] : [])),
      );
      const bought = events.filter(({ type }) => type === 'purchase');
      expect(bought).toHaveLength(2 * 15);
      expect(bought.filter(({ session_id, product_id }) => !inCart.has(`${session_id} ${product_id}`))).toEqual([]);
    }),
  );

  it(
    'game-actions: the viewer shows every action until the producer is stopped',
    telling(async () => {
      const profile = new Profile('game-actions', await envFile({ GAME_ACTIONS_DELAY_MS: 50 }), ['producer', 'viewer']);
      await profile.up();
      const action = /^\d\d:\d\d:\d\d\.\d{3} {2}.* \(\d\/\d+\)$/;
      await profile.lines('viewer', action, 20);
      await profile.stop('producer');
      expect(await profile.ended('producer')).toBe(0);
      const { generators } = await profile.status('viewer');
      const records = generators[0]?.records ?? 0;
      expect((await profile.printed('producer')).at(-1)).toBe(`game-actions: ${records} events acknowledged in game-actions`);
      const shown = await profile.lines('viewer', action, records);
      const places = shown.map((line) => line.slice(line.lastIndexOf(' ')));
      expect(new Set(places).size).toBe(records);
      expect(shown).toHaveLength(records);
    }),
  );

  it(
    'traffic: topic, partitions and count come from .env, and cities from an edited file without a new image',
    telling(async () => {
      const data = join(folder, 'data');
      await mkdir(data);
      await cp('data', data, { recursive: true });
      const file = join(data, 'traffic', 'cities.json');
      const cities = JSON.parse(await readFile(file, 'utf8')) as unknown[];
      await writeFile(file, JSON.stringify(cities.slice(0, 1)));
      const settings = { TRAFFIC_TOPIC: 'roads.of.one.city', TRAFFIC_PARTITIONS: 2, TRAFFIC_COUNT: 30, TRAFFIC_DELAY_MS: 20 };
      const profile = new Profile('traffic', await envFile({ ...settings, DATA_DIR: data }), ['producer', 'viewer']);
      await profile.up();
      expect(await profile.ended('producer')).toBe(0);
      const shown = await profile.lines('viewer', /^partition [01] offset \d+: /, 30);
      const sent = await valuesIn('roads.of.one.city', 30);
      expect(sorted(shown.map((line) => line.slice(line.indexOf('{'))))).toEqual(
        sorted(sent.map((value) => JSON.stringify(value))),
      );
      expect(sent).toHaveLength(30);
      expect(new Set(sent.map(({ city }) => city)).size).toBe(1);
      const { generators, workers } = await profile.status('viewer');
      expect(generators).toEqual([{ name: 'traffic', topic: 'roads.of.one.city', records: 30 }]);
      expect(workers.flatMap(({ partitions }) => partitions)).toHaveLength(2);

      const mistyped = new Profile('traffic', await envFile({ DATA_DIR: join(folder, 'missing') }), ['producer', 'viewer']);
      await expect(mistyped.up()).rejects.toThrow('does not exist');
      expect(await readdir(folder)).not.toContain('missing');
    }),
  );
});

import { loadPipeline, oneNamed, pipelineNames } from '../../src/app/pipelines.js';
import { instancesOf } from '../../src/core/pipeline.js';
import { deadLetterTopicOf } from '../../src/core/topic.js';
import { failureOf } from '../contracts/failure.js';
import { configWith } from '../support/config.js';

const among = [{ name: 'analytics' }, { name: 'inventory' }];

describe('one of some named things', () => {
  it('is the one of that name', () => {
    expect(oneNamed('worker', 'inventory', among)).toBe(among[1]);
  });

  it.each([
    ['inventry', "Did you mean 'inventory'? "],
    ['Analytics', "Did you mean 'analytics'? "],
    ['xyz', ''],
    ['', ''],
  ])('is refused with the nearest name where there is one: %j', async (name, hint) => {
    const error = await failureOf(() => oneNamed('worker', name, among));
    expect(error).toMatchObject({
      code: 'WORKER_UNKNOWN',
      kind: 'configuration',
      found: `There is no worker '${name}'.`,
      fix: `${hint}The workers are: analytics, inventory.`,
    });
  });

  it.each(['pipeline', 'feed', 'worker'] as const)('is called what it is: %s', async (kind) => {
    const error = await failureOf(() => oneNamed(kind, 'x', among));
    expect(error.code).toBe(`${kind.toUpperCase()}_UNKNOWN`);
    expect(error.message).toContain(`The ${kind}s are: `);
  });
});

describe('the pipelines', () => {
  it('are those of the folders', () => {
    expect(pipelineNames()).toEqual(['clicks-and-orders', 'game-actions', 'products', 'shop-events', 'traffic']);
  });

  it.each(['', '..', '../pipelines/products', 'product', '__proto__'])(
    'are named without a way around the folders: %j',
    async (name) => {
      expect(await failureOf(() => loadPipeline(name, configWith()))).toMatchObject({ code: 'PIPELINE_UNKNOWN' });
    },
  );

  it('have each name of a topic, a feed, a group and a member once, in all of them', async () => {
    const all = await Promise.all(pipelineNames().map((name) => loadPipeline(name, configWith())));
    const names = {
      topics: all.flatMap(({ feeds }) => feeds.flatMap(({ topic }) => [topic.name, deadLetterTopicOf(topic.name)])),
      feeds: all.flatMap(({ feeds }) => feeds.map(({ name }) => name)),
      groups: all.flatMap(({ workers }) => workers.map(({ name }) => name)),
      members: all.flatMap(({ workers }) => workers.flatMap(instancesOf)),
    };
    for (const [kind, found] of Object.entries(names)) expect({ kind, found: [...new Set(found)] }).toEqual({ kind, found });
  });

  it('read what they feed on: every topic of a worker is one of a feed', async () => {
    for (const name of pipelineNames()) {
      const { feeds, workers } = await loadPipeline(name, configWith());
      for (const topic of workers.flatMap(({ from }) => from)) expect(feeds.map((feed) => feed.topic)).toContain(topic);
    }
  });

  it('take what the environment says of them', async () => {
    const { workers } = await loadPipeline('traffic', configWith({ TRAFFIC_TOPIC: 'roads' }));
    expect(workers[0]?.from[0]?.name).toBe('roads');
  });
});

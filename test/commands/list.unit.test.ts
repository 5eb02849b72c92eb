import { pipelineNames } from '../../src/app/pipelines.js';
import type { Context } from '../../src/commands/command.js';
import { list } from '../../src/commands/list.js';
import { failureOf } from '../contracts/failure.js';
import { configWith } from '../support/config.js';

const listed = async (options: Readonly<Record<string, boolean>>, given: Readonly<Record<string, string>> = {}) => {
  const lines: string[] = [];
  const context = { config: configWith(given), print: (line: string) => void lines.push(line) } as unknown as Context;
  expect(await list.run(context, [], options)).toBe(0);
  return lines.join('\n');
};

describe('rowbridge list', () => {
  it('gives JSON of every pipeline: its feeds, topics and members', async () => {
    const all = JSON.parse(await listed({ json: true })) as { name: string }[];
    expect(all.map(({ name }) => name)).toEqual(pipelineNames());
    expect(all.find(({ name }) => name === 'clicks-and-orders')).toEqual({
      name: 'clicks-and-orders',
      summary: expect.stringContaining('analytics'),
      feeds: [
        { name: 'clicks', source: 'generator clicks', topic: 'clics_utilisateur', partitions: 3, format: 'json' },
        { name: 'orders', source: 'generator orders', topic: 'commandes_validees', partitions: 3, format: 'json' },
      ],
      workers: [
        { name: 'analytics', topics: ['clics_utilisateur', 'commandes_validees'], instances: ['analytics'] },
        { name: 'inventory', topics: ['commandes_validees'], instances: ['inventory'] },
      ],
    });
    expect(all.find(({ name }) => name === 'products')).toMatchObject({
      feeds: [{ name: 'products', source: 'table products', topic: 'product_updates', partitions: 10, format: 'avro' }],
    });
  });

  it('gives text that names the same', async () => {
    const text = await listed({});
    expect(text).toContain('  feed    traffic: generator traffic -> traffic.events (1 partition, json)');
    expect(text).toContain('  feed    products: table products -> product_updates (10 partitions, avro)');
    expect(text).toContain('  worker  analytics: clics_utilisateur, commandes_validees -> analytics');
    for (const name of pipelineNames()) expect(text).toMatch(new RegExp(`^${name}: `, 'm'));
  });

  it('tells what the environment made of them', async () => {
    const text = await listed({}, { TRAFFIC_TOPIC: 'roads', TRAFFIC_PARTITIONS: '4' });
    expect(text).toContain('generator traffic -> roads (4 partitions, json)');
    expect(text).toMatch(/worker {2}\S+: roads -> /);
  });

  it('is refused with the name of a variable that is not valid', async () => {
    expect(await failureOf(() => listed({}, { TRAFFIC_PARTITIONS: 'x' }))).toMatchObject({ code: 'SETTING_INVALID' });
  });
});

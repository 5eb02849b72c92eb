import { loadPipeline } from '../../src/app/pipelines.js';
import { enginesFor, neededByFeeds, neededByPipeline, neededByWorkers } from '../../src/app/servers-needed.js';
import { SERVER_VARIABLES } from '../../src/config.js';
import { configWith } from '../support/config.js';

const KAFKA = ['KAFKA_BROKERS'];
const CAPTURE = ['MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_DATABASE'];

describe('the servers that are needed', () => {
  it.each(['clicks-and-orders', 'shop-events', 'game-actions', 'traffic'])('are a broker alone for %s', async (name) => {
    const pipeline = await loadPipeline(name, configWith());
    expect(neededByFeeds(pipeline.feeds)).toEqual(KAFKA);
    expect(neededByWorkers(pipeline.workers)).toEqual(KAFKA);
    expect(neededByPipeline(pipeline)).toEqual(KAFKA);
    expect(enginesFor(neededByPipeline(pipeline))).toEqual(['kafka']);
  });

  it('are all of them for tables', async () => {
    const pipeline = await loadPipeline('products', configWith());
    expect(neededByFeeds(pipeline.feeds)).toEqual([...KAFKA, 'SCHEMA_REGISTRY_URL', ...CAPTURE]);
    expect(neededByPipeline(pipeline)).toEqual(SERVER_VARIABLES);
    expect(enginesFor(neededByPipeline(pipeline))).toEqual(['kafka', 'registry', 'mysql']);
  });

  it('are no database for those who only read Avro', async () => {
    const { workers } = await loadPipeline('products', configWith());
    expect(neededByWorkers(workers)).toEqual([...KAFKA, 'SCHEMA_REGISTRY_URL']);
    expect(enginesFor(neededByWorkers(workers))).toEqual(['kafka', 'registry']);
  });

  it('are those of all formats where there are several', async () => {
    const products = await loadPipeline('products', configWith());
    const traffic = await loadPipeline('traffic', configWith());
    const mixed = [...traffic.workers, ...products.workers];
    expect(neededByWorkers(mixed)).toEqual([...KAFKA, 'SCHEMA_REGISTRY_URL']);
    expect(neededByPipeline({ summary: '', feeds: traffic.feeds, workers: mixed })).toEqual([...KAFKA, 'SCHEMA_REGISTRY_URL']);
  });

  it('are a broker for nothing at all', () => {
    expect(neededByWorkers([])).toEqual(KAFKA);
    expect(neededByFeeds([])).toEqual(KAFKA);
  });
});

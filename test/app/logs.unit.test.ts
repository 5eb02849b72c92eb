import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clients } from '../../src/app/clients.js';
import { repairWorkerLogs } from '../../src/app/logs.js';
import { recordTimestamp } from '../../src/app/record-timestamp.js';
import { worker } from '../../src/core/pipeline.js';
import type { Result } from '../../src/core/sink.js';
import { jsonLog } from '../../src/sinks/json-log/index.js';
import { linesText } from '../../src/sinks/json-log/maintenance.js';
import { configWith } from '../support/config.js';
import { memoryBroker } from '../support/memory-broker.js';
import { type Item, items, jsonCodec } from '../support/memory-feed.js';
import { silentLog } from '../support/silent-log.js';

it('a repair leaves out records whose results no line can hold', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rowbridge-repair-'));
  const { publish, reader } = memoryBroker(3);
  const values = Array.from({ length: 6 }, (_, id): Item => ({ id, at: '' }));
  const records = values.map((value) => ({ key: null, value: Buffer.from(JSON.stringify(value)) }));
  await publish(items.name, [{ partition: 0, records }]);
  const readRecordTimestamp = recordTimestamp(reader);
  const sink = jsonLog<Item>({ directory, instance: 'w', readRecordTimestamp, log: silentLog });
  const definition = worker<Item, Item>('w', {
    from: [items],
    transform: (item) => [item.id === 3 ? { ...item, id: Number.NaN } : item],
    sink: () => sink as never,
  });
  const clients = {
    admin: { committed: async () => new Map([[0, 6n]]) },
    reader,
    decoding: jsonCodec,
  } as unknown as Clients;
  try {
    const resultOf = async (id: number): Promise<Result<Item>> => {
      const found = await readRecordTimestamp(items.name, 0, BigInt(id));
      const timestamp = found.kind === 'found' ? found.timestamp : 0;
      return { value: values[id] as Item, key: null, meta: { topic: items.name, partition: 0, offset: BigInt(id), timestamp } };
    };
    await sink.resume([{ topic: items.name, partition: 0 }]);
    await sink.write([await resultOf(0), await resultOf(1)]);
    await sink.close();
    const path = join(directory, 'w', 'consumer_log.json');
    await appendFile(path, `what nobody wrote\n${linesText([await resultOf(5)])}`);
    const plans = await repairWorkerLogs({
      config: configWith({}, { logsDirectory: directory }),
      clients,
      worker: definition,
      log: silentLog,
      signal: new AbortController().signal,
      agreed: async () => true,
      onMended: () => {},
    });
    expect(plans).toHaveLength(1);
    const mended = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    expect(mended.map((line) => JSON.parse(line).id)).toEqual([0, 1, 2, 4, 5]);
  } finally {
    await sink.close();
    await rm(directory, { recursive: true, force: true });
  }
});

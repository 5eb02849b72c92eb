// Captures a table in a process of its own, whose heap is small, up to the first heartbeat. Prints how many rows, and its largest page.
const { directory, params, table, schemaFile } = JSON.parse(process.env.LARGE_ROWS_CHILD);
const load = (file) => import(`${directory}/${file}.js`);
const [{ openConnection }, { pollingCapture }, { bytesOf }, { prefetch }, { publishBatch }] = await Promise.all([
  load('adapters/mysql/connect'),
  load('captures/polling/index'),
  load('captures/polling/page-size'),
  load('core/prefetch'),
  load('core/publish-batch'),
]);
const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const source = pollingCapture({
  name: table,
  connect: () => openConnection(params, { role: 'capture' }),
  database: params.database,
  table,
  cursor: 'last_updated',
  key: 'id',
  schemaFile,
  everyMs: 20,
  pageRows: 5_000,
  delayMs: 5_000,
  log,
});
const topic = { name: table, partitions: 3, key: ({ id }) => String(id) };
const codec = { encode: (row) => Buffer.from(JSON.stringify(row)) };
let [records, largest] = [0, 0];
const publish = async (_, batches) => {
  for (const batch of batches) records += batch.records.length;
  return new Map();
};
const { signal } = new AbortController();
for await (const { values } of prefetch(source.read({ after: null, signal }))) {
  if (values.length === 0 && records > 0) break;
  largest = Math.max(largest, bytesOf(values));
  if (values.length > 0) await publishBatch({ topic, publish, log }, codec, values);
}
process.stdout.write(JSON.stringify({ records, largest }));

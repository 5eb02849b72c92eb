// Captures a table in a process of its own, whose heap is small, up to the first heartbeat. Prints how many rows, its
// largest page, and what failed; after a failure it reads on from where it was.
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
let [records, largest, after, over] = [0, 0, null, false];
const failures = [];
const publish = async (_, batches) => {
  for (const batch of batches) records += batch.records.length;
  return new Map();
};
const { signal } = new AbortController();
while (!over && failures.length < 10) {
  try {
    for await (const { values, position } of prefetch(source.read({ after, signal }))) {
      over = values.length === 0 && records > 0;
      if (over) break;
      largest = Math.max(largest, bytesOf(values));
      if (values.length > 0) await publishBatch({ topic, publish, log }, codec, values);
      after = position;
    }
  } catch (error) {
    if (!error.retriable) throw error;
    failures.push(error.message);
  }
}
process.stdout.write(JSON.stringify({ records, largest, failures }));

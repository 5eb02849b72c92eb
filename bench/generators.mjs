// Each generator with nothing that holds it back; then the metrics consumer over what three of them have made.
import { peakMiB, sum } from './world.mjs';

const FEEDS = [
  ['clicks-and-orders', 'clicks', 'clics_utilisateur'],
  ['clicks-and-orders', 'orders', 'commandes_validees'],
  ['shop-events', 'product-events', 'product-events'],
  ['shop-events', 'purchases', 'purchases'],
  ['shop-events', 'user-events', 'user-events'],
  ['game-actions', 'game-actions', 'game-actions'],
  ['traffic', 'traffic', 'traffic.events'],
];
const METRICS_TOPICS = ['product-events', 'purchases', 'user-events'];

export async function* generators({ reader, admin, program, until, rows }) {
  const events = Math.ceil(rows / 3);
  for (const pipeline of new Set(FEEDS.map(([name]) => name))) await program('setup', pipeline).ended;
  yield ['events of each feed; time includes the start of the program', events];
  for (const [pipeline, feed, topic] of FEEDS) {
    const begun = performance.now();
    const producer = program('produce', pipeline, feed, '--rate', '0', '--count', String(events));
    let memory = 0;
    await until(topic, async () => {
      if (producer.child.exitCode === null) memory = Math.max(memory, peakMiB(producer));
      return sum(await reader.endOffsets(topic)) >= events;
    });
    const seconds = (performance.now() - begun) / 1000;
    yield [`${feed}: events/s (peak MiB)`, `${Math.round(events / seconds)} (${memory})`];
    await producer.ended;
  }
  const begun = performance.now();
  const metrics = program('consume', 'shop-events', 'metrics');
  const committed = async () => {
    let done = 0;
    for (const topic of METRICS_TOPICS) done += sum(await admin.committed('metrics', topic));
    return done;
  };
  await until('the metrics', async () => (await committed()) >= METRICS_TOPICS.length * events);
  const seconds = (performance.now() - begun) / 1000;
  yield ['metrics: events/s', Math.round((METRICS_TOPICS.length * events) / seconds)];
  yield ['metrics: peak memory, MiB', peakMiB(metrics)];
}

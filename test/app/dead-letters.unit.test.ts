import { checkRetryGroup } from '../../src/app/dead-letters.js';
import type { Pipeline } from '../../src/core/pipeline.js';
import type { Topic } from '../../src/core/topic.js';

const topic = (name: string) => ({ name }) as Topic<Readonly<Record<string, unknown>>>;
const [clicks, orders] = [topic('clicks'), topic('orders')];
const pipeline = {
  workers: [
    { name: 'analytics', from: [clicks, orders] },
    { name: 'inventory', from: [orders] },
  ],
} as unknown as Pipeline;

describe('the group that gets dead letters again', () => {
  it('is one that reads their topic', () => {
    expect(() => checkRetryGroup(pipeline, [clicks, orders], 'analytics')).not.toThrow();
    expect(() => checkRetryGroup(pipeline, [orders], 'inventory')).not.toThrow();
  });

  it.each(['', 'inventry', 'inventory'])("is refused where nobody would read them: '%s'", (group) => {
    expect(() => checkRetryGroup(pipeline, [clicks, orders], group)).toThrow(
      expect.objectContaining({ code: 'RETRY_GROUP_UNKNOWN', kind: 'configuration' }),
    );
  });
});

import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../../src/core/within.js';

describe('a call within a time', () => {
  it('gives what the call gives, or throws what it throws', async () => {
    await expect(within(10_000, async () => 7)).resolves.toBe(7);
    await expect(within(10_000, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('tells the call when its time is over', async () => {
    let told: AbortSignal | undefined;
    const ended = within(20, (signal) => {
      told = signal;
      return pause(60_000, undefined, { signal });
    });
    await expect(ended).rejects.toThrow('no answer within 0.02 s');
    expect(told?.aborted).toBe(true);
  });

  it('gives up a call that never ends', async () => {
    await expect(within(20, () => new Promise(() => {}))).rejects.toThrow('no answer within 0.02 s');
  });
});

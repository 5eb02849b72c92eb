import type { FeedState, PositionStore } from '../../src/core/position-store.js';

export const sampleState = (timestamp: string | null, clean = false): FeedState => ({
  position: timestamp === null ? null : { timestamp, key: '7' },
  endOffsets: new Map([
    [0, 12n],
    [1, 9_007_199_254_740_993n],
  ]),
  clean,
  origin: { server: 'uuid', tableCreated: '2026-11-21 01:00:00' },
  replays: [{ at: '2026-11-21T01:00:00.000Z', from: null, endOffsets: new Map([[0, 0n]]) }],
});

/** What every position store has to do. `again` opens the same store as a new process would. */
export const positionStoreContract = (
  name: string,
  open: () => Promise<Readonly<{ store: PositionStore; again(): PositionStore }>>,
): void => {
  describe(`${name} as a position store`, () => {
    const saved = sampleState('2026-11-21 01:22:33.123456');

    it('asks for everything when nothing was ever saved', async () => {
      const { store } = await open();
      expect(await store.load()).toEqual({ kind: 'replay', from: null, previous: null, missing: true });
    });

    it('gives back what was saved, to this process and to the next', async () => {
      const { store, again } = await open();
      await store.load();
      expect(await store.save(saved)).toBe(true);
      expect(await store.load()).toEqual({ kind: 'saved', state: saved });
      expect(await again().load()).toEqual({ kind: 'saved', state: saved });
    });

    it('keeps where a restart begins apart from the position, for as long as they differ', async () => {
      const { store, again } = await open();
      await store.load();
      const behind = { ...saved, settled: { timestamp: '2026-11-21 01:22:28.123456' } };
      await store.save(behind);
      expect(await again().load()).toEqual({ kind: 'saved', state: behind });
      await store.save(saved);
      expect(await again().load()).toEqual({ kind: 'saved', state: saved });
    });

    it('keeps what is in doubt, for as long as anything is', async () => {
      const { store, again } = await open();
      await store.load();
      const doubtful = { ...saved, doubtFrom: { timestamp: '2026-11-21 01:22:28.123456' } };
      await store.save(doubtful);
      expect(await again().load()).toEqual({ kind: 'saved', state: doubtful });
      await store.save(saved);
      expect(await again().load()).toEqual({ kind: 'saved', state: saved });
    });

    it('does not take its own saves for edits', async () => {
      const { store } = await open();
      await store.load();
      for (const second of ['01', '02', '03']) {
        expect(await store.save(sampleState(`2026-11-21 01:22:${second}.000000`))).toBe(true);
        expect(await store.edited()).toBe(false);
      }
    });

    it('puts a state aside and begins anew', async () => {
      const { store, again } = await open();
      await store.load();
      await store.save(saved);
      expect(await store.setAside()).not.toBe('');
      expect(await again().load()).toMatchObject({ kind: 'replay', from: null });
    });
  });
};

import { renewed } from '../../../src/adapters/kafka/renewed.js';
import { BridgeError } from '../../../src/core/errors.js';

/** Clients that are numbered; `open` tells which of them are connected. */
const clients = (connect: (number: number) => Promise<void> = async () => {}) => {
  let made = 0;
  const open = new Set<number>();
  const make = () => {
    made += 1;
    const number = made;
    return {
      number,
      async connect() {
        await connect(number);
        open.add(number);
      },
      async disconnect() {
        open.delete(number);
      },
    };
  };
  return { ...renewed(make), open };
};

const fails = async (): Promise<never> => {
  throw new Error('this is not the leader');
};

describe('a client of Kafka', () => {
  it('is the same for all calls that go well, also at once', async () => {
    const { use, open } = clients();
    const numberOf = () => use('asking', async ({ number }) => number);
    expect(await Promise.all([numberOf(), numberOf()])).toEqual([1, 1]);
    expect(await numberOf()).toBe(1);
    expect([...open]).toEqual([1]);
  });

  it('is another after a call that failed, whose failure says what was done', async () => {
    const { use, open } = clients();
    await expect(use('asking', fails)).rejects.toMatchObject({
      kind: 'transient',
      found: expect.stringContaining('asking: this is not the leader'),
    });
    expect(await use('asking', async ({ number }) => number)).toBe(2);
    expect([...open]).toEqual([2]);
  });

  it("throws what is in rowbridge's terms already as it is", async () => {
    const { use } = clients();
    const error = new BridgeError({ code: 'ODD', kind: 'integrity', found: 'Odd.', fix: 'None.' });
    await expect(use('asking', () => Promise.reject(error))).rejects.toBe(error);
  });

  it.each(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE'])(
    'is another, and asked again, where it was told %s',
    async (type) => {
      const { use, open } = clients();
      const answer = use('asking', async ({ number }) => {
        if (number < 3) throw Object.assign(new Error('no leader'), { type });
        return number;
      });
      expect(await answer).toBe(3);
      expect([...open]).toEqual([3]);
    },
  );

  it('gives up a partition that stays without a leader, and asks nothing more once it is closed', async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      throw Object.assign(new Error('no leader'), { type: 'NOT_LEADER_FOR_PARTITION' });
    };
    const { use, close, open } = clients();
    await expect(use('asking', ask)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', kind: 'transient' });
    expect(asked).toBe(5);
    const closed = use('asking', ask);
    while (asked === 5) await new Promise((resolve) => setImmediate(resolve));
    await close();
    await expect(closed).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    expect([asked, ...open]).toEqual([6]);
  });

  it('is another after it could not connect', async () => {
    const { use } = clients(async (number) => {
      if (number === 1) throw new Error('connect ECONNREFUSED');
    });
    await expect(use('asking', async ({ number }) => number)).rejects.toMatchObject({ kind: 'transient' });
    expect(await use('asking', async ({ number }) => number)).toBe(2);
  });

  it('is closed, and opened again when it is used', async () => {
    const { use, close, open } = clients();
    await close();
    await use('asking', async () => {});
    await close();
    expect([...open]).toEqual([]);
    expect(await use('asking', async ({ number }) => number)).toBe(2);
  });
});

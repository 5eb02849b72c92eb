/** Waits until all have come to their end before the first failure is told: a drain must not be cut short. */
export const allEnded = async (roles: readonly Promise<void>[]): Promise<void> => {
  for (const end of await Promise.allSettled(roles)) if (end.status === 'rejected') throw end.reason;
};

/** The same role; its failure aborts the others, which drain before it is told. */
export const endingOthers = (role: Promise<void>, others: AbortController): Promise<void> =>
  role.catch((error: unknown) => {
    others.abort();
    throw error;
  });

import type { BridgeError } from '../../src/core/errors.js';

/** What was thrown, now or later. */
export const failureOf = async (act: () => unknown): Promise<BridgeError> => {
  try {
    await act();
  } catch (error) {
    return error as BridgeError;
  }
  throw new Error('nothing was thrown');
};

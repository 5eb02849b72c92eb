/**
 * Runs a call that has so much time. Then its signal aborts, and it is given up whether or not it goes by that.
 * @throws Error "no answer within 10 s"
 */
export const within = async <T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${ms / 1000} s`));
      over.abort();
    }, ms);
  });
  try {
    return await Promise.race([call(over.signal), late]);
  } finally {
    clearTimeout(timer);
  }
};

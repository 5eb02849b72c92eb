/**
 * Writes microseconds since 1970 as `2026-11-21T01:22:33.123456Z`, or with another way to say UTC at the end.
 * Remembers the second: most events share it with the last one.
 */
export const timestampWriter = (utc: 'Z' | '+00:00' = 'Z'): ((micros: number) => string) => {
  let second = Number.NaN;
  let text = '';
  return (micros) => {
    const now = Math.floor(micros / 1_000_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toISOString().slice(0, 20);
    }
    return `${text}${String(Math.floor(micros - now * 1_000_000)).padStart(6, '0')}${utc}`;
  };
};

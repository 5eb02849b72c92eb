/** Where the record of a line came from; `part` of `of` where a transform made several lines of one record. */
export type LogLine = Readonly<{ key: string; offset: string; timestamp: number; part: number; of: number }>;

const KAFKA =
  /"_kafka":\{"topic":"([^"\\]+)","partition":(\d{1,9}),"offset":(\d{1,19}),"timestamp":(-?\d{1,16})(?:,"part":(\d{1,9}),"of":(\d{1,9}))?\}\}$/y;

/** Reads the end of a line, which says where its record came from; undefined when it is not there. */
export const lineOrigin = (text: string): LogLine | undefined => {
  const at = text.lastIndexOf('"_kafka":{');
  if (at < 0) return undefined;
  KAFKA.lastIndex = at;
  const match = KAFKA.exec(text);
  if (match === null) return undefined;
  const [, topic, partition, offset = '', timestamp, part = '1', of = '1'] = match;
  return { key: `${topic}/${partition}`, offset, timestamp: Number(timestamp), part: Number(part), of: Number(of) };
};

/** Reads a whole line; undefined for anything that was not written by this sink. */
export const parseLine = (text: string): LogLine | undefined => {
  const origin = lineOrigin(text);
  if (origin === undefined) return undefined;
  try {
    JSON.parse(text);
    return origin;
  } catch {
    return undefined;
  }
};

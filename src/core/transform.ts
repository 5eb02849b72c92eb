/** Where a value came from. `timestamp` is Kafka's, in milliseconds since 1970. */
export type Meta = Readonly<{ topic: string; partition: number; offset: bigint; timestamp: number }>;

/**
 * What a worker makes of one value: nothing (drops it), one result, or several.
 * The value is the transform's own: it may change it and give it back.
 * A transform that throws sends the record to the dead letters.
 */
export type Transform<In, Out = In> = (value: In, meta: Meta) => readonly Out[];

/** One transform after the other. */
export const chain =
  <A, B, C>(first: Transform<A, B>, second: Transform<B, C>): Transform<A, C> =>
  (value, meta) => {
    const middle = first(value, meta);
    return middle.length === 1 ? second(middle[0] as B, meta) : middle.flatMap((one) => second(one, meta));
  };

import { crc32 } from 'node:zlib';
import type { ReadBack } from '../../core/codec.js';
import type { Row } from '../../core/pipeline.js';

/** Which columns a record and a row of its table both have, as a small number. */
export type Shape = number;

/** Prints of the fields of records and rows: those of one shape are equal where all fields are. */
export type Payloads = Readonly<{
  /** Of a record that was decoded before. */
  shapeOf(bytes: Buffer): Shape;
  /** @throws BridgeError `record` for a value that does not fit the topic's schema */
  print(value: Row, shape: Shape): number;
}>;

/** A column that came or went with a later version of the schema is not compared in records that were written without it. */
export const payloadsOf = (codec: ReadBack<Row>, columns: readonly string[]): Payloads => {
  const shapes = new Map<readonly string[] | undefined, Shape>();
  const encoders: ((value: Row) => Buffer)[] = [];
  const newShape = (written: readonly string[] | undefined): Shape => {
    const has = new Set(written);
    const shape = encoders.push(codec.encoderOf(new Set(columns.filter((name) => has.has(name))))) - 1;
    shapes.set(written, shape);
    return shape;
  };
  return {
    shapeOf(bytes) {
      const written = codec.columnsOf(bytes);
      return shapes.get(written) ?? newShape(written);
    },
    print: (value, shape) => crc32((encoders[shape] as (value: Row) => Buffer)(value)) | 0,
  };
};

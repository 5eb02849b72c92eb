import type { IncomingRecord } from '../../core/broker.js';
import type { ReadBack } from '../../core/codec.js';
import { BridgeError, isOfRecord } from '../../core/errors.js';
import type { Row } from '../../core/pipeline.js';
import { reasonOf } from '../../core/reason.js';
import type { Result } from '../../core/sink.js';
import type { Meta, Transform } from '../../core/transform.js';

/** The value of a record, or why it has none: it is a tombstone, or cannot be decoded. */
export type Read =
  | Readonly<{ kind: 'value'; value: Row }>
  | Readonly<{ kind: 'tombstone' }>
  | Readonly<{ kind: 'bad'; reason: string }>;

const TOMBSTONE: Read = { kind: 'tombstone' };

const bad = (error: unknown): Read => {
  if (error instanceof BridgeError && !isOfRecord(error)) throw error;
  return { kind: 'bad', reason: reasonOf(error) };
};

/** @throws BridgeError `transient` when the registry is away */
export const readRecord = (codec: ReadBack<Row>, { value }: IncomingRecord): Read | Promise<Read> => {
  if (value === null) return TOMBSTONE;
  try {
    const decoded = codec.decode(value);
    return decoded instanceof Promise
      ? decoded.then((row): Read => ({ kind: 'value', value: row }), bad)
      : { kind: 'value', value: decoded };
  } catch (error) {
    return bad(error);
  }
};

/** What a worker would have written for a record; a text where it would have gone to the dead letters. */
export const resultsOf = (
  transform: Transform<Row, Row>,
  read: Read,
  { key }: IncomingRecord,
  meta: Meta,
): readonly Result<Row>[] | string => {
  if (read.kind === 'bad') return read.reason;
  if (read.kind === 'tombstone') return [{ value: null, key: key?.toString() ?? null, meta }];
  try {
    return transform(read.value, meta).map((value) => ({ value, key: null, meta }));
  } catch (error) {
    return reasonOf(error);
  }
};

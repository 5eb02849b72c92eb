import type { Codec, ReadBack } from '../../core/codec.js';
import { BridgeError, messageOf } from '../../core/errors.js';
import type { Topic } from '../../core/topic.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws BridgeError `record` */
const parsed = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new BridgeError({
      code: 'JSON_INVALID',
      kind: 'record',
      found: `The ${bytes.length} bytes are not JSON in UTF-8: ${messageOf(cause)}.`,
      fix: 'Send one JSON value a record.',
      cause,
    });
  }
};

/** JSON text, checked against the topic's type in both directions. Needs no server. */
export const jsonCodec: Codec = {
  async open({ name, format }) {
    if (format.kind !== 'json') throw new TypeError(`topic '${name}' does not hold JSON`);
    return {
      encode: (value) => Buffer.from(JSON.stringify(format.check(value))),
      decode: (bytes) => format.check(parsed(bytes)),
    };
  },
};

/** JSON that is read back: no table feeds such a topic, and no columns are known. */
export const jsonReadBack = async <T>(topic: Topic<T>): Promise<ReadBack<T>> => {
  const { decode, encode } = await jsonCodec.open(topic);
  return { decode, columnsOf: () => undefined, otherwise: () => [], encoderOf: () => encode };
};

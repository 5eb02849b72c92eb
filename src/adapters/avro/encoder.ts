import type { Type } from 'avsc';
import { BridgeError, messageOf } from '../../core/errors.js';
import type { TypedSchema } from './reader-schema.js';
import { renamed } from './renamed.js';
import { misfit } from './types/derive.js';

/** Magic byte 0 and the schema's id, a big-endian int32. */
export const HEADER_BYTES = 5;

const FIRST_ROOM = 4_096;

const fieldAndReason = (type: Type, value: unknown): string => {
  const found: string[] = [];
  type.isValid(value, {
    errorHook: (path, part, partType) => {
      const where = path.length === 0 ? 'The value' : `Field '${path.join('.')}'`;
      found.push(`${where}: ${misfit(partType, part) ?? 'does not fit'}`);
    },
  });
  return found.join('; ');
};

const encodeFailed = (subject: string, type: Type, value: unknown, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'ENCODE_FAILED',
    kind: 'record',
    found: `A value does not fit the schema ${subject}. ${fieldAndReason(type, value) || messageOf(cause)}.`,
    fix: 'Correct the value at its source, or let the schema allow it.',
    cause,
  });

/** Writes values, named by column, in the Confluent wire format: magic byte, id, Avro body. */
export const avroEncoder = <T>(subject: string, { schema, type }: TypedSchema, id: number): ((value: T) => Buffer) => {
  const { toFields } = renamed(schema);
  let scratch = Buffer.alloc(0);
  const room = (bytes: number): void => {
    scratch = Buffer.alloc(bytes);
    scratch.writeInt32BE(id, 1);
  };
  room(FIRST_ROOM);
  return (given) => {
    const value = toFields(given);
    let end: number;
    try {
      end = type.encode(value, scratch, HEADER_BYTES);
      if (end < 0) {
        room(2 * (scratch.length - end));
        end = type.encode(value, scratch, HEADER_BYTES);
      }
    } catch (error) {
      throw encodeFailed(subject, type, value, error);
    }
    const bytes = Buffer.allocUnsafe(end);
    scratch.copy(bytes, 0, 0, end);
    return bytes;
  };
};

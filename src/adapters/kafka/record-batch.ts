import type { Headers, OutgoingRecord } from '../../core/broker.js';
import { crc32c } from './crc32c.js';
import { varintBytes, writeVarint } from './varint.js';

/** Bytes of a batch before its first record. */
export const BATCH_HEADER_BYTES = 61;

const LENGTH_AT = 8;
const LENGTH_COUNTS_FROM = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
const CRC_COVERS_FROM = 21;
const MAGIC = 2;

/** Attributes (none) and the difference of the timestamp to the batch's (none): a byte each. */
const FIXED_BYTES = 2;

/** What a batch says of its producer. One CreateTime, in milliseconds since 1970, is that of all its records. */
export type BatchStamp = Readonly<{
  timestamp: number;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
}>;

/** Records with their exact sizes: `bodies[n]` bytes follow the length of record n, `bytes` is the whole batch. */
export type SizedBatch = Readonly<{ records: readonly OutgoingRecord[]; bodies: Int32Array; bytes: number }>;

const nullableBytes = (bytes: Uint8Array | null): number => (bytes === null ? 1 : varintBytes(bytes.length) + bytes.length);

const textBytes = (text: string): number => {
  const bytes = Buffer.byteLength(text);
  return varintBytes(bytes) + bytes;
};

const headerBytes = (headers: Headers | undefined): number => {
  if (headers === undefined) return 1;
  const names = Object.keys(headers);
  let bytes = varintBytes(names.length);
  for (const name of names) bytes += textBytes(name) + textBytes(headers[name] as string);
  return bytes;
};

const bodyBytes = ({ key, value, headers }: OutgoingRecord, place: number): number =>
  FIXED_BYTES + varintBytes(place) + nullableBytes(key) + nullableBytes(value) + headerBytes(headers);

/** Exactly what a record adds to a batch in which it is number `place`, counted from 0. */
export const recordBytes = (record: OutgoingRecord, place: number): number => {
  const body = bodyBytes(record, place);
  return varintBytes(body) + body;
};

/** The first pass: how large everything is. */
export const sizeBatch = (records: readonly OutgoingRecord[]): SizedBatch => {
  const bodies = new Int32Array(records.length);
  let bytes = BATCH_HEADER_BYTES;
  for (let place = 0; place < records.length; place++) {
    const body = bodyBytes(records[place] as OutgoingRecord, place);
    bodies[place] = body;
    bytes += varintBytes(body) + body;
  }
  return { records, bodies, bytes };
};

const writeNullable = (target: Buffer, at: number, bytes: Uint8Array | null): number => {
  if (bytes === null) return writeVarint(target, at, -1);
  const start = writeVarint(target, at, bytes.length);
  target.set(bytes, start);
  return start + bytes.length;
};

const writeText = (target: Buffer, at: number, text: string): number => {
  const start = writeVarint(target, at, Buffer.byteLength(text));
  return start + target.write(text, start);
};

const writeHeaders = (target: Buffer, at: number, headers: Headers | undefined): number => {
  if (headers === undefined) return writeVarint(target, at, 0);
  const names = Object.keys(headers);
  let next = writeVarint(target, at, names.length);
  for (const name of names) next = writeText(target, writeText(target, next, name), headers[name] as string);
  return next;
};

const writeRecords = (target: Buffer, at: number, { records, bodies }: SizedBatch): number => {
  let next = at;
  for (let place = 0; place < records.length; place++) {
    const { key, value, headers } = records[place] as OutgoingRecord;
    next = writeVarint(target, next, bodies[place] as number);
    target[next] = 0;
    target[next + 1] = 0;
    next = writeVarint(target, next + FIXED_BYTES, place);
    next = writeNullable(target, next, key);
    next = writeNullable(target, next, value);
    next = writeHeaders(target, next, headers);
  }
  return next;
};

/**
 * The second pass: writes a record batch of format 2, uncompressed, outside any transaction, into `bytes` bytes from `at` on.
 * Gives the place after it. The bytes are those that kafkajs makes of the same records.
 */
export const writeBatch = (target: Buffer, at: number, batch: SizedBatch, stamp: BatchStamp): number => {
  const end = at + batch.bytes;
  const time = BigInt(stamp.timestamp);
  target.fill(0, at, at + CRC_COVERS_FROM);
  target.writeInt32BE(batch.bytes - LENGTH_COUNTS_FROM, at + LENGTH_AT);
  target.writeInt8(MAGIC, at + MAGIC_AT);
  let next = target.writeInt16BE(0, at + CRC_COVERS_FROM);
  next = target.writeInt32BE(batch.records.length - 1, next);
  next = target.writeBigInt64BE(time, next);
  next = target.writeBigInt64BE(time, next);
  next = target.writeBigInt64BE(stamp.producerId, next);
  next = target.writeInt16BE(stamp.producerEpoch, next);
  next = target.writeInt32BE(stamp.firstSequence, next);
  next = target.writeInt32BE(batch.records.length, next);
  next = writeRecords(target, next, batch);
  if (next !== end) throw new Error(`a record batch of ${batch.bytes} bytes came to ${next - at}: a record changed meanwhile`);
  target.writeUInt32BE(crc32c(target, at + CRC_COVERS_FROM, end), at + CRC_AT);
  return end;
};

/** The polynomial of Castagnoli, bits reversed. `zlib.crc32` is another one. */
const POLYNOMIAL = 0x82f63b78;

/** Row k holds the checksums of a byte followed by k zero bytes: eight bytes then take eight look-ups and no loop between them. */
const ROWS = 8;

const makeTable = (): Int32Array => {
  const table = new Int32Array(ROWS * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] as number;
    table[at] = (before >>> 8) ^ (table[before & 0xff] as number);
  }
  return table;
};

const TABLE = makeTable();

/** CRC32C of `bytes[from..to)`, unsigned: the checksum of a Kafka record batch. */
export const crc32c = (bytes: Uint8Array, from: number, to: number): number => {
  let crc = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc =
      (TABLE[1792 + ((crc ^ (bytes[at] as number)) & 0xff)] as number) ^
      (TABLE[1536 + (((crc >>> 8) ^ (bytes[at + 1] as number)) & 0xff)] as number) ^
      (TABLE[1280 + (((crc >>> 16) ^ (bytes[at + 2] as number)) & 0xff)] as number) ^
      (TABLE[1024 + ((crc >>> 24) ^ (bytes[at + 3] as number))] as number) ^
      (TABLE[768 + (bytes[at + 4] as number)] as number) ^
      (TABLE[512 + (bytes[at + 5] as number)] as number) ^
      (TABLE[256 + (bytes[at + 6] as number)] as number) ^
      (TABLE[bytes[at + 7] as number] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return (crc ^ -1) >>> 0;
};

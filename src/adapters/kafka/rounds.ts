import type { OutgoingRecord, PartitionRecords } from '../../core/broker.js';
import { BATCH_HEADER_BYTES, recordBytes } from './record-batch.js';

/** kafkajs makes one record batch per partition and send, and never splits it: the broker takes 1 MiB a batch by default. */
export const MOST_BATCH_BYTES = 900_000;
/** A consumer of kafkajs hands all records of a batch to one call: some 125,000 of them are more than the stack takes. */
const MOST_BATCH_RECORDS = 50_000;

export type Slice = Readonly<{ partition: number; records: readonly OutgoingRecord[] }>;

/** Cuts a partition's records into runs that fit one record batch; a larger record goes alone. */
const slices = ({ partition, records }: PartitionRecords): Slice[] => {
  if (records.length === 0) return [];
  const cut: Slice[] = [];
  let from = 0;
  let bytes = BATCH_HEADER_BYTES;
  records.forEach((record, index) => {
    const size = recordBytes(record, index - from);
    if ((bytes + size > MOST_BATCH_BYTES && index > from) || index - from === MOST_BATCH_RECORDS) {
      cut.push({ partition, records: records.slice(from, index) });
      from = index;
      bytes = BATCH_HEADER_BYTES;
    }
    bytes += size;
  });
  cut.push({ partition, records: from === 0 ? records : records.slice(from) });
  return cut;
};

/** Send number n takes the n-th slice of each partition: as few requests as the limit on a batch allows. */
export const rounds = (batches: readonly PartitionRecords[]): Slice[][] => {
  const made: Slice[][] = [];
  const taken = new Map<number, number>();
  for (const slice of batches.flatMap(slices)) {
    const round = taken.get(slice.partition) ?? 0;
    taken.set(slice.partition, round + 1);
    made[round] = [...(made[round] ?? []), slice];
  }
  return made;
};

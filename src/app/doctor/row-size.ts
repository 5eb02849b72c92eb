import { escapeId } from 'mysql2';
import type { Query } from '../../adapters/mysql/query.js';
import type { Table } from '../../adapters/mysql/table.js';
import { MOST_RECORD_BYTES } from '../../core/publish-batch.js';
import { error, type Finding, ok, warning } from './finding.js';

const VARIABLE = /^(var|long|medium|tiny)?(char|text|blob|binary)|^json|^geometry/i;
/** Keys, numbers, times and the envelope of a record. */
const REST_BYTES = 1_000;

/** The most bytes that the long columns of one row hold: reads the whole table. */
export const largestRow = async (query: Query, name: string, { columns }: Table): Promise<number> => {
  const long = columns.filter(({ sqlType }) => VARIABLE.test(sqlType)).map((column) => escapeId(column.name, true));
  if (long.length === 0) return REST_BYTES;
  const sum = long.map((column) => `COALESCE(OCTET_LENGTH(${column}), 0)`).join(' + ');
  const [row] = await query<{ bytes: number | string | null }>(`SELECT MAX(${sum}) bytes FROM ${escapeId(name, true)}`);
  return Number(row?.bytes ?? 0) + REST_BYTES;
};

/** Whether the largest row fits into a record, and into what the topic takes. */
export async function* rowSizeFindings(bytes: number, table: string, topic: string, topicBytes: number): AsyncGenerator<Finding> {
  const most = Math.min(MOST_RECORD_BYTES, topicBytes);
  if (topicBytes < MOST_RECORD_BYTES + REST_BYTES)
    yield warning('max.message.bytes', {
      found: `Topic '${topic}' takes batches of ${topicBytes} bytes, rowbridge makes batches of up to ${MOST_RECORD_BYTES}.`,
      means: 'larger batches are refused, and the feed ends with BATCH_TOO_LARGE_FOR_TOPIC',
      fix: `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config max.message.bytes=1048588`,
    });
  yield bytes <= most
    ? ok('max.message.bytes', `the largest row of ${table} has about ${bytes} bytes, a record may have ${most}`)
    : error('max.message.bytes', {
        found: `The largest row of ${table} has about ${bytes} bytes, a record may have ${most}.`,
        means: 'such rows go to the dead letters',
        fix: 'Shorten them, or leave the long column out of the schema.',
      });
}

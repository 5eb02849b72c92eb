import type { AvroCodec } from '../../adapters/avro/index.js';
import type { AvroFormat } from '../../core/topic.js';
import { error, type Finding, ok } from './finding.js';

/** Whether the schema of each topic fits what the registry holds; registers nothing. */
export async function* registryFindings(
  codec: Pick<AvroCodec, 'differences'>,
  formats: readonly AvroFormat[],
): AsyncGenerator<Finding> {
  for (const format of formats) {
    const subject = format.schema;
    const { registered, differences } = await codec.differences(format);
    if (!registered) yield ok('registry', `'${subject}' is not registered yet: the first start does it`);
    else if (differences.length === 0) yield ok('registry', `schemas/${subject}.avsc fits the registry`);
    else
      yield error('registry', {
        found: `schemas/${subject}.avsc does not fit the registry: ${differences.join('; ')}.`,
        means: 'nothing starts: readers of the old records could not read the new ones',
        fix: 'Undo the change or give new fields a default; for another shape of the records take a new topic.',
      });
  }
}

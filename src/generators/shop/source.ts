import { join } from 'node:path';
import type { GeneratorSource } from '../../core/pipeline.js';
import { timestampWriter } from '../../core/timestamp-writer.js';
import { type Catalogue, readCatalogue } from './catalogue.js';
import { simulate } from './simulation/simulate.js';
import type { Step } from './simulation/world.js';

/** Makes the event of a step; undefined for steps that belong to another topic. */
export type EventOf<T> = (step: Step, now: () => string) => T | undefined;

/** One topic's part of the story. Each source tells the whole story to itself and gives only its own part. */
export const shopSource = <T>(
  pace: Readonly<{ name: string; eventsPerSecond: number; count: number }>,
  eventsOf: (catalogue: Catalogue) => EventOf<T>,
): GeneratorSource<T> => ({
  ...pace,
  kind: 'generator',
  async open({ seed, dataDirectory, nowMicros }) {
    const catalogue = await readCatalogue(join(dataDirectory, 'shop-events'));
    const nextStep = simulate(catalogue, seed);
    const eventOf = eventsOf(catalogue);
    const write = timestampWriter();
    const now = (): string => write(nowMicros());
    return {
      next() {
        for (;;) {
          const value = eventOf(nextStep(), now);
          if (value !== undefined) return { done: false, value };
        }
      },
    };
  },
});

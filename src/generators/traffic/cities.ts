import { z } from 'zod';
import { readDataFile } from '../../adapters/files/data-file.js';
import { cityName, roadName, speedLimit } from './event.js';

const EXPECTED =
  'a list of { "name": "Lille", "lat": 50.6292, "lon": 3.0573, "roads": [{ "road": "A1", "speed_limits_kmh": [90, 110] }] }: ' +
  'the centre of each city in degrees, the roads near it, and the limits from 30 to 130 that are found on them';

const noneTwice =
  <T>(nameOf: (item: T) => string, field: string) =>
  (items: readonly T[], { addIssue }: z.RefinementCtx): void => {
    const seen = new Set<string>();
    items.forEach((item, at) => {
      const name = nameOf(item);
      if (seen.has(name)) addIssue({ code: 'custom', path: [at, field], message: `'${name}' is there already` });
      seen.add(name);
    });
  };

const road = z.strictObject({ road: roadName, speed_limits_kmh: z.array(speedLimit).min(1) });

/** Not so near to a pole or the date line that a place near the city could be written in two ways. */
const city = z.strictObject({
  name: cityName,
  lat: z.number().min(-80).max(80),
  lon: z.number().min(-179).max(179),
  roads: z
    .array(road)
    .min(1)
    .superRefine(noneTwice((one) => one.road, 'road')),
});

const cities = z
  .array(city)
  .min(1)
  .superRefine(noneTwice((one) => one.name, 'name'));

export type City = z.infer<typeof city>;

/** @throws BridgeError `configuration` with the path, the first fault and what is expected */
export const readCities = (path: string): Promise<readonly City[]> => readDataFile(path, cities, EXPECTED);

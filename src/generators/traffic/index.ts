import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { GeneratorParts, GeneratorSource } from '../../core/pipeline.js';
import { oneOf, type Random, seededRandom } from '../../core/random.js';
import { timestampWriter } from '../../core/timestamp-writer.js';
import { type City, readCities } from './cities.js';
import { DIRECTIONS, EVENT_TYPES, type TrafficEvent } from './event.js';

/** How far from the centre of its city an event may be. */
const RADIUS_KM = 8;
const KM_PER_DEGREE = 111.2;
/** Some are reported as over. */
const ACTIVE_SHARE = 0.8;

const toSixDecimals = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** A place near a city, each as likely as any other. */
const placeNear = (random: Random, { lat, lon }: City): { lat: number; lon: number } => {
  const distance = (RADIUS_KM * Math.sqrt(random())) / KM_PER_DEGREE;
  const angle = 2 * Math.PI * random();
  return {
    lat: toSixDecimals(lat + distance * Math.cos(angle)),
    lon: toSixDecimals(lon + (distance * Math.sin(angle)) / Math.cos((lat * Math.PI) / 180)),
  };
};

function* reports(cities: readonly City[], { seed, nowMicros }: GeneratorParts): Generator<TrafficEvent, never> {
  const random = seededRandom(`${seed}/traffic`);
  const utc = timestampWriter('+00:00');
  for (;;) {
    const city = oneOf(random, cities);
    const { road, speed_limits_kmh } = oneOf(random, city.roads);
    const { lat, lon } = placeNear(random, city);
    yield {
      event_id: randomUUID(),
      event_type: oneOf(random, EVENT_TYPES),
      ts_utc: utc(nowMicros()),
      city: city.name,
      road,
      lat,
      lon,
      speed_limit_kmh: oneOf(random, speed_limits_kmh),
      direction: oneOf(random, DIRECTIONS),
      active: random() < ACTIVE_SHARE,
    };
  }
}

/** Jams, accidents and speed cameras on the roads near the cities of `data/traffic/cities.json`. */
export const traffic: GeneratorSource<TrafficEvent> = {
  kind: 'generator',
  name: 'traffic',
  eventsPerSecond: 1,
  open: async (parts) => reports(await readCities(join(parts.dataDirectory, 'traffic', 'cities.json')), parts),
};

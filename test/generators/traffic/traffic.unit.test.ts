import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type TrafficEvent, trafficEvent } from '../../../src/generators/traffic/event.js';
import { traffic } from '../../../src/generators/traffic/index.js';
import { DATA, dataDirectories, firstEvents, START_MICROS } from '../first-events.js';

type City = Readonly<{ name: string; lat: number; lon: number; roads: { road: string; speed_limits_kmh: number[] }[] }>;

const CITIES: readonly City[] = JSON.parse(readFileSync(join(DATA, 'traffic', 'cities.json'), 'utf8'));

const EVENT = new RegExp(
  [
    /^\{"event_id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",/,
    /"event_type":"(?:TRAFFIC_JAM|ACCIDENT|SPEED_CAMERA)",/,
    /"ts_utc":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00",/,
    /"city":"[^"]+","road":"[^"]+","lat":-?\d{1,2}(?:\.\d{1,6})?,"lon":-?\d{1,3}(?:\.\d{1,6})?,/,
    /"speed_limit_kmh":(?:[3-9]0|1[0-3]0),"direction":"(?:N|S|[NS]?[EW])","active":(?:true|false)\}$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** Over the ground, by the haversine formula. */
const kmBetween = (a: Readonly<{ lat: number; lon: number }>, b: Readonly<{ lat: number; lon: number }>): number => {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [high, wide] = [Math.sin(radians(b.lat - a.lat) / 2), Math.sin(radians(b.lon - a.lon) / 2)];
  return 2 * 6371 * Math.asin(Math.sqrt(high ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * wide ** 2));
};

const withoutIdsAndTimes = (events: readonly TrafficEvent[]) => events.map(({ event_id: _, ts_utc: __, ...others }) => others);

describe('traffic events', () => {
  const withFiles = dataDirectories();

  it('come once a second unless asked otherwise', () => {
    expect(traffic).toMatchObject({ kind: 'generator', name: 'traffic', eventsPerSecond: 1 });
  });

  it('have their form, lie near their city on one of its roads, and fit their type after their travel', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (seed) => {
        for (const event of await firstEvents(traffic, 300, { seed })) {
          const text = JSON.stringify(event);
          expect(text).toMatch(EVENT);
          const city = CITIES.find(({ name }) => name === event.city) as City;
          expect(kmBetween(city, event)).toBeLessThan(15);
          const road = city.roads.find((one) => one.road === event.road);
          expect(road?.speed_limits_kmh).toContain(event.speed_limit_kmh);
          expect(JSON.stringify(trafficEvent.parse(JSON.parse(text)))).toBe(text);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are the same for the same seed but for their ids and times, and others for another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (seed, other) => {
        fc.pre(seed !== other);
        const first = await firstEvents(traffic, 30, { seed });
        const again = await firstEvents(traffic, 30, { seed, nowMicros: () => 0 });
        expect(withoutIdsAndTimes(again)).toEqual(withoutIdsAndTimes(first));
        expect(new Set([...first, ...again].map(({ event_id }) => event_id)).size).toBe(60);
        expect(withoutIdsAndTimes(await firstEvents(traffic, 30, { seed: other }))).not.toEqual(withoutIdsAndTimes(first));
      }),
      { numRuns: 30 },
    );
  });

  it('carry the time at which they were made, to the microsecond', async () => {
    const events = await firstEvents(traffic, 2);
    expect(events.map(({ ts_utc }) => ts_utc)).toEqual(['2025-12-20T11:45:25.964046+00:00', '2025-12-20T11:45:26.964047+00:00']);
    const [event] = await firstEvents(traffic, 1, { nowMicros: () => START_MICROS + 0.75 });
    expect(event?.ts_utc).toBe('2025-12-20T11:45:25.964046+00:00');
  });

  it('are of every kind, city, road, limit and direction, and mostly active', async () => {
    const events = await firstEvents(traffic, 20_000);
    const all = <K extends keyof TrafficEvent>(field: K) => new Set(events.map((event) => event[field]));
    expect(all('event_type')).toEqual(new Set(['TRAFFIC_JAM', 'ACCIDENT', 'SPEED_CAMERA']));
    expect(all('direction')).toEqual(new Set(['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW']));
    const found = new Set(events.map(({ city, road, speed_limit_kmh }) => `${city} ${road} ${speed_limit_kmh}`));
    const listed = CITIES.flatMap(({ name, roads }) =>
      roads.flatMap(({ road, speed_limits_kmh }) => speed_limits_kmh.map((limit) => `${name} ${road} ${limit}`)),
    );
    expect(found).toEqual(new Set(listed));
    const active = events.filter((event) => event.active).length / events.length;
    expect(active).toBeGreaterThan(0.6);
    expect(active).toBeLessThan(0.95);
  });

  it('lie around the centre on all sides, not all at the same distance', async () => {
    const events = (await firstEvents(traffic, 20_000)).filter(({ city }) => city === 'Lille');
    const lille = CITIES.find(({ name }) => name === 'Lille') as City;
    const quarters = new Set(events.map(({ lat, lon }) => `${lat > lille.lat} ${lon > lille.lon}`));
    expect(quarters.size).toBe(4);
    expect(Math.min(...events.map((event) => kmBetween(lille, event)))).toBeLessThan(2);
    expect(Math.max(...events.map(({ lat }) => kmBetween(lille, { ...lille, lat })))).toBeGreaterThan(7);
    expect(Math.max(...events.map(({ lon }) => kmBetween(lille, { ...lille, lon })))).toBeGreaterThan(7);
  });

  it('lie near any city that people add, and fit', async () => {
    const city = fc.record({
      name: fc.stringMatching(/^[A-Z][a-zé' -]{0,20}[a-z]$/),
      lat: fc.double({ min: -80, max: 80, noNaN: true }),
      lon: fc.double({ min: -179, max: 179, noNaN: true }),
      roads: fc.constant([{ road: 'Ring', speed_limits_kmh: [30, 130] }]),
    });
    await fc.assert(
      fc.asyncProperty(city, async (one) => {
        const dataDirectory = withFiles({ 'traffic/cities.json': [one] });
        for (const event of await firstEvents(traffic, 50, { dataDirectory })) {
          expect(JSON.stringify(event)).toMatch(EVENT);
          expect(kmBetween(one, event)).toBeLessThan(15);
          expect(trafficEvent.safeParse(event).success).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

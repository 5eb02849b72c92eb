import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { traffic } from '../../../src/generators/traffic/index.js';
import { DATA, dataDirectories, firstEvents } from '../first-events.js';

const road = { road: 'A1', speed_limits_kmh: [90, 110] };
const lille = { name: 'Lille', lat: 50.6292, lon: 3.0573, roads: [road] };

describe('data/traffic/cities.json', () => {
  const cities: (typeof lille)[] = JSON.parse(readFileSync(join(DATA, 'traffic', 'cities.json'), 'utf8'));

  /** From a gazetteer, to a tenth of a degree. */
  const CENTRES: Readonly<Record<string, readonly [lat: number, lon: number]>> = {
    Paris: [48.9, 2.3],
    Lille: [50.6, 3.1],
    Lyon: [45.8, 4.8],
    Toulouse: [43.6, 1.4],
    Bordeaux: [44.8, -0.6],
    Nantes: [47.2, -1.6],
    Rennes: [48.1, -1.7],
    Metz: [49.1, 6.2],
    Reims: [49.3, 4.0],
    Dijon: [47.3, 5.0],
    Grenoble: [45.2, 5.7],
    'Clermont-Ferrand': [45.8, 3.1],
    Orléans: [47.9, 1.9],
    Tours: [47.4, 0.7],
    Rouen: [49.4, 1.1],
    Montpellier: [43.6, 3.9],
    'Le Mans': [48.0, 0.2],
    Amiens: [49.9, 2.3],
  };

  it('has cities where they lie', () => {
    expect(cities.length).toBeGreaterThanOrEqual(12);
    for (const { name, lat, lon } of cities) {
      const [north = 0, east = 0] = CENTRES[name] ?? [];
      expect({ name, off: Math.abs(lat - north) > 0.06 || Math.abs(lon - east) > 0.06 }).toEqual({ name, off: false });
    }
  });

  it('has roads as they are numbered in France, with limits that their kind allows', () => {
    for (const { roads } of cities) {
      expect(roads.length).toBeGreaterThanOrEqual(4);
      for (const one of roads) {
        expect(one.road).toMatch(/^[ANDM]\d{1,4}$/);
        const [least, most] = one.road.startsWith('A') ? [70, 130] : [50, 110];
        for (const limit of one.speed_limits_kmh)
          expect(limit >= least && limit <= most ? 'fits' : `${one.road} ${limit}`).toBe('fits');
      }
    }
  });
});

describe('the file of cities', () => {
  const withFiles = dataDirectories();

  it.each<[string, unknown, RegExp]>([
    ['no JSON', `[\n\n${JSON.stringify(lille)},\n]`, /line 4: /],
    ['no list', lille, /the whole file: /],
    ['no city', [], /the whole file: /],
    ['a city without a name', [{ ...lille, name: undefined }], /: 0\.name: /],
    ['an empty name', [{ ...lille, name: '' }], /: 0\.name: must be text/],
    ['a city twice', [lille, { ...lille, name: 'Lyon' }, lille], /: 2\.name: 'Lille' is there already/],
    ['a latitude beyond what is allowed', [lille, { ...lille, name: 'Pole', lat: 89 }], /: 1\.lat: /],
    ['a longitude beyond what is allowed', [{ ...lille, lon: 180 }], /: 0\.lon: /],
    ['a longitude as text', [{ ...lille, lon: '3.0573' }], /: 0\.lon: /],
    ['a city without roads', [{ ...lille, roads: [] }], /: 0\.roads: /],
    ['a road twice', [{ ...lille, roads: [road, road] }], /: 0\.roads\.1\.road: 'A1' is there already/],
    ['a road without limits', [{ ...lille, roads: [{ ...road, speed_limits_kmh: [] }] }], /: 0\.roads\.0\.speed_limits_kmh: /],
    ['a limit of 20', [{ ...lille, roads: [{ ...road, speed_limits_kmh: [20] }] }], /: 0\.roads\.0\.speed_limits_kmh\.0: /],
    ['a limit of 150', [{ ...lille, roads: [{ ...road, speed_limits_kmh: [90, 150] }] }], /: 0\.roads\.0\.speed_limits_kmh\.1: /],
    ['an unknown field', [{ ...lille, colour: 'red' }], /: 0: .*colour/],
  ])('is refused with %s, with the place and what is expected', async (_, content, why) => {
    const dataDirectory = withFiles({ 'traffic/cities.json': content });
    const refusal = expect(firstEvents(traffic, 1, { dataDirectory })).rejects;
    await refusal.toMatchObject({
      code: 'DATA_FILE_INVALID',
      kind: 'configuration',
      found: expect.stringContaining(join(dataDirectory, 'traffic', 'cities.json')),
      fix: expect.stringContaining('"roads": [{ "road": "A1", "speed_limits_kmh": [90, 110] }]'),
    });
    await expect(firstEvents(traffic, 1, { dataDirectory })).rejects.toMatchObject({ found: expect.stringMatching(why) });
  });

  it('has to be there', async () => {
    const dataDirectory = withFiles({});
    await expect(firstEvents(traffic, 1, { dataDirectory })).rejects.toMatchObject({
      code: 'DATA_FILE_INVALID',
      kind: 'configuration',
      found: expect.stringContaining(join(dataDirectory, 'traffic', 'cities.json')),
    });
  });
});

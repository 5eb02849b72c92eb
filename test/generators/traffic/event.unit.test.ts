import { trafficEvent } from '../../../src/generators/traffic/event.js';

/** As the form is described to the readers of the topic. */
const TEXT =
  '{"event_id":"6e3c1f0e-6c0a-4a5e-9d0b-0a4c2f6f3d11","event_type":"SPEED_CAMERA","ts_utc":"2025-12-20T11:45:25.964046+00:00",' +
  '"city":"Lille","road":"A6","lat":48.8061,"lon":2.318646,"speed_limit_kmh":70,"direction":"N","active":true}';
const good = JSON.parse(TEXT);

describe('the type of a traffic event', () => {
  it('keeps the order of its fields', () => {
    const mixed = Object.fromEntries(Object.entries(good).reverse());
    expect(JSON.stringify(trafficEvent.parse(mixed))).toBe(TEXT);
  });

  it.each([
    ['an id that is no uuid', { event_id: '1' }, 'event_id'],
    ['another type', { event_type: 'ROADWORKS' }, 'event_type'],
    ['a time in milliseconds', { ts_utc: '2025-12-20T11:45:25.964+00:00' }, 'ts_utc'],
    ['a time with Z', { ts_utc: '2025-12-20T11:45:25.964046Z' }, 'ts_utc'],
    ['a time elsewhere', { ts_utc: '2025-12-20T11:45:25.964046+01:00' }, 'ts_utc'],
    ['a day that is none', { ts_utc: '2025-02-29T11:45:25.964046+00:00' }, 'ts_utc'],
    ['no city', { city: '' }, 'city'],
    ['a city without end', { city: 'x'.repeat(61) }, 'city'],
    ['a road with a blank behind it', { road: 'A6 ' }, 'road'],
    ['a latitude beyond the pole', { lat: 90.1 }, 'lat'],
    ['a latitude of seven decimals', { lat: 48.1234567 }, 'lat'],
    ['a longitude beyond the date line', { lon: -180.5 }, 'lon'],
    ['a longitude of seven decimals', { lon: 2.1234567 }, 'lon'],
    ['a longitude as text', { lon: '2.318646' }, 'lon'],
    ['a limit of 20', { speed_limit_kmh: 20 }, 'speed_limit_kmh'],
    ['a limit of 140', { speed_limit_kmh: 140 }, 'speed_limit_kmh'],
    ['a limit of 75', { speed_limit_kmh: 75 }, 'speed_limit_kmh'],
    ['another direction', { direction: 'NNE' }, 'direction'],
    ['active as text', { active: 'true' }, 'active'],
    ['a field more', { extra: 1 }, ''],
    ['a field less', { active: undefined }, 'active'],
  ])('refuses %s', (_, change, field) => {
    const { error } = trafficEvent.safeParse({ ...good, ...change });
    expect(error?.issues[0]?.path.join('.')).toBe(field);
  });
});

import { z } from 'zod';

export const EVENT_TYPES = ['TRAFFIC_JAM', 'ACCIDENT', 'SPEED_CAMERA'] as const;
export const DIRECTIONS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'] as const;

const degrees = (most: number) =>
  z
    .number()
    .min(-most)
    .max(most)
    .refine((value) => Math.round(value * 1e6) / 1e6 === value, 'must have at most six decimals');

export const roadName = z.string().regex(/^\S(?:.{0,58}\S)?$/u, 'must be text of 1 to 60 characters, without blanks around it');
export const cityName = roadName;
export const speedLimit = z.int().min(30).max(130).multipleOf(10);

/** Something that drivers near a city ought to know. */
export const trafficEvent = z.compile(
  z.strictObject({
    event_id: z.uuid(),
    event_type: z.enum(EVENT_TYPES),
    ts_utc: z.iso.datetime({ offset: true, precision: 6 }).endsWith('+00:00', 'must be UTC, written +00:00'),
    city: cityName,
    road: roadName,
    lat: degrees(90),
    lon: degrees(180),
    speed_limit_kmh: speedLimit,
    direction: z.enum(DIRECTIONS),
    active: z.boolean(),
  }),
);

export type TrafficEvent = Readonly<z.infer<typeof trafficEvent>>;

import type { Origin } from '../../sinks/json-log/line-scanner.js';
import { joinPrints } from './fingerprint.js';
import type { Places } from './places.js';

/** The lines of one record, as far as they have come. */
type Unit = Readonly<{ place: number; next: number; of: number; print: number }>;

/** Notes which records have all their lines in a log. The several lines of one record count when they stand one after the other. */
export type LineUnits = Readonly<{
  /** Takes the next line of a record; true when the record, or this line of it, was there before. */
  isTwice(place: number, says: number, origin: Origin): boolean;
  /** Whatever comes between the lines of one record parts them. @param by the place of a line; -1 for what has none here */
  part(by: number): void;
}>;

export const lineUnits = ({ logged, mixed, prints }: Places): LineUnits => {
  let unit: Unit | null = null;

  const isCompleteTwice = (place: number, says: number): boolean => {
    if (logged.has(place)) {
      if (prints[place] !== says) mixed.set(place);
      return true;
    }
    logged.set(place);
    prints[place] = says;
    return false;
  };

  return {
    isTwice(place, says, { part, of }) {
      if (of === 1) return isCompleteTwice(place, says);
      if (logged.has(place) || (unit !== null && part < unit.next)) return true;
      if (unit === null) unit = part === 1 ? { place, next: 2, of, print: says } : null;
      else if (part > unit.next || of !== unit.of) unit = null;
      else {
        const print = joinPrints(unit.print, says);
        unit = part < of ? { ...unit, next: part + 1, print } : null;
        return part === of && isCompleteTwice(place, print);
      }
      return false;
    },
    part(by) {
      if (unit !== null && unit.place !== by) unit = null;
    },
  };
};

import { bits } from './bits.js';
import type { Fingerprint } from './fingerprint.js';

/** How full a set may get: more saves memory, less saves steps. */
const LOAD = 0.75;

/** Bytes that a set takes for each version it has room for. */
export const VERSION_BYTES = Math.ceil((4 + 4 + 4 + 1) / LOAD);
/** The same where payloads are compared. */
export const VERSION_BYTES_DEEP = Math.ceil((4 + 4 + 4 + 1 + 4 + 2) / LOAD);

const LOGGED = 0x80;

/** The print of a record's fields, and the shape that it was made by: 0 to 65,535. */
export type Payload = Readonly<{ print: number; shape: number }>;

/**
 * Versions by fingerprint in flat arrays, with room for a number of them that is known before. A version has the place of its first
 * record, the replay in which it was last seen, whether it is accounted for in the logs, and a print of its payload where that is asked for.
 * A slot stands for a version, and is negative where there is none: `~slot` is then where it belongs.
 */
export type VersionSet = Readonly<{
  find(of: Fingerprint): number;
  add(slot: number, of: Fingerprint, place: number): void;
  /** 0 to 126. */
  replay(slot: number): number;
  seenIn(slot: number, replay: number): void;
  markLogged(slot: number): void;
  payload(slot: number): Payload;
  setPayload(slot: number, payload: Payload): void;
  markCommitted(slot: number): void;
  /** The places of the first records of versions that are not accounted for in the logs. */
  unlogged(): Generator<number>;
  /** The places of the first records of versions that no journal of commits has. */
  uncommitted(): Generator<number>;
}>;

export const versionSet = (room: number, withPayloads: boolean): VersionSet => {
  const slots = Math.max(16, Math.ceil(room / LOAD) + 1);
  const highs = new Uint32Array(slots);
  const lows = new Uint32Array(slots);
  const places = new Uint32Array(slots);
  // 0: nothing here; else the replay + 1, and whether it is logged.
  const marks = new Uint8Array(slots);
  const payloads = new Int32Array(withPayloads ? slots : 0);
  const shapes = new Uint16Array(withPayloads ? slots : 0);
  const committed = bits(slots);
  return {
    find({ high, low }) {
      let slot = Math.floor((high / 4_294_967_296) * slots);
      while (marks[slot] !== 0) {
        if (lows[slot] === low && highs[slot] === high) return slot;
        slot = slot + 1 === slots ? 0 : slot + 1;
      }
      return ~slot;
    },
    add(slot, { high, low }, place) {
      highs[slot] = high;
      lows[slot] = low;
      places[slot] = place;
      marks[slot] = 1;
    },
    replay: (slot) => ((marks[slot] as number) & ~LOGGED) - 1,
    seenIn: (slot, replay) => {
      marks[slot] = ((marks[slot] as number) & LOGGED) | (replay + 1);
    },
    markLogged: (slot) => {
      marks[slot] = (marks[slot] as number) | LOGGED;
    },
    payload: (slot) => ({ print: payloads[slot] as number, shape: shapes[slot] as number }),
    setPayload: (slot, { print, shape }) => {
      payloads[slot] = print;
      shapes[slot] = shape;
    },
    markCommitted: committed.set,
    *uncommitted() {
      for (let slot = 0; slot < slots; slot++) if (marks[slot] !== 0 && !committed.has(slot)) yield places[slot] as number;
    },
    *unlogged() {
      for (let slot = 0; slot < slots; slot++) {
        const mark = marks[slot] as number;
        if (mark !== 0 && (mark & LOGGED) === 0) yield places[slot] as number;
      }
    },
  };
};

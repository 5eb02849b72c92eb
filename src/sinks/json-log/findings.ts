import { type Carried, furthest } from './carried.js';
import type { Damage } from './parts-of-log.js';

/** A log of an instance, rotated or not, with the place of something in it. `line` and `at` (a byte) of its beginning. */
export type FindingKind = Damage['kind'] | 'out-of-order' | 'twice' | 'index' | 'carried';

export type Finding = Readonly<{
  instance: string;
  file: string;
  line: number;
  at: number;
  bytes: number;
  kind: FindingKind;
  detail: string;
}>;

export type AuditedFile = Readonly<{
  path: string;
  bytes: number;
  ino: number;
  lines: number;
  lasts: Carried;
  /** What was in it at the length that its index speaks of, if a unit ends there. */
  atIndex?: Readonly<{ lines: number; lasts: Carried }>;
}>;

/** The last line of each partition in some files. */
export const lastsOf = (audited: readonly AuditedFile[]): Carried => furthest(...audited.map(({ lasts }) => lasts));

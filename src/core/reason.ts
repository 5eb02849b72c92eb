import { messageOf } from './errors.js';

/** A checker may name everything that it found wrong, and that may be as long as the record itself. */
const MOST_CHARACTERS = 2_000;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** A reason of at most 2,000 characters (UTF-16 units); a longer one is cut between two characters, and says so. */
export const shortReason = (reason: string): string => {
  if (reason.length <= MOST_CHARACTERS) return reason;
  const said = ` ... (cut, ${reason.length} characters in all)`;
  const end = MOST_CHARACTERS - said.length;
  return reason.slice(0, isHighSurrogate(reason.charCodeAt(end - 1)) ? end - 1 : end) + said;
};

/** Why a record cannot be handled, short enough for the header of a dead letter and for a line of the log. */
export const reasonOf = (error: unknown): string => shortReason(messageOf(error));

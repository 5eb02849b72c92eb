import { peekState } from '../../adapters/files/state-file.js';
import { inspectTable } from '../../captures/polling/inspect.js';
import { knownTable } from '../../captures/polling/known-table.js';
import { hasOrderedKeys, kindOfKey, positionsOf, type TablePositions } from '../../captures/polling/positions.js';
import { estimateRows, scanTable } from '../../captures/polling/scan.js';
import type { EndOffsets } from '../../core/broker.js';
import type { Column } from '../../core/column.js';
import type { Guarantee } from '../../core/guarantee.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import type { FeedState } from '../../core/position-store.js';
import { shiftTimestamp } from '../../core/timestamp.js';
import { captureOptions, type TableFeedOptions } from '../table-feed.js';
import type { TableEvidence } from './evidence.js';

export type Cutoff = Readonly<{ state: FeedState | null; ends: EndOffsets }>;

const MOST_LOOKS = 10;

const replayCount = (state: FeedState | null): string => `${state?.replays.length ?? 0} ${state?.replays.at(-1)?.at ?? ''}`;

/**
 * The feed's state, and then where the topic ends: all that the state accounts for lies below. A replay is saved before its first
 * record, so the state is read again: every replay that has a record below the cutoff is known.
 */
export const chooseCutoff = async (directory: string, readEnds: () => Promise<EndOffsets>): Promise<Cutoff> => {
  const read = async () => (await peekState(directory))?.state ?? null;
  let state = await read();
  for (let look = 1; ; look++) {
    const ends = await readEnds();
    const again = await read();
    if (replayCount(again) === replayCount(state) || look === MOST_LOOKS) return { state, ends };
    state = again;
  }
};

/** The fields of a row that a key is made of, told by making one. */
const fieldsOfKey = (key: (row: Row) => string, row: Row): ReadonlySet<string> => {
  const fields = new Set<string>();
  key(
    new Proxy(row, {
      get(target, field) {
        if (typeof field === 'string') fields.add(field);
        return Reflect.get(target, field);
      },
    }),
  );
  return fields;
};

/** A feed that cannot prove what it read looks back as far as it reads behind: rows of that time may still come. */
export const reachedBy = (
  { compare }: TablePositions,
  /** Whether it is known here which of two keys comes first; if not, a row of the position's time may not have been read yet. */
  ordered: boolean,
  position: Position | null,
  guarantee: Guarantee,
  delayMs: number,
): ((row: Position) => boolean) => {
  if (position?.timestamp === undefined) return () => false;
  const until = guarantee.level === 'proven' ? undefined : shiftTimestamp(position.timestamp, BigInt(delayMs) * -1000n);
  const isRead = (row: Position): boolean =>
    compare(row, position) <= 0 && (ordered || row.timestamp !== position.timestamp || row.key === position.key);
  return (row) => isRead(row) && (until === undefined || (row.timestamp ?? '') <= until);
};

export type GatheredTable = Readonly<{ evidence: TableEvidence; columns: readonly Column[]; guarantee: Guarantee }>;

/** What a table and its feed's state have to say. */
export const gatherTable = async (options: TableFeedOptions, { state }: Cutoff): Promise<GatheredTable> => {
  const { definition, config } = options;
  const { source, topic } = definition;
  const capture = captureOptions(options);
  const position = state?.position ?? null;
  const { guarantee } = await inspectTable(capture, position);
  const columns = await knownTable(capture)();
  const kind = kindOfKey(columns, source.key);
  const positions = positionsOf(source.cursor, source.key, () => kind);
  const ordered = hasOrderedKeys(columns, source.key);
  const evidence: TableEvidence = {
    key: source.key,
    cursor: source.cursor,
    columns: columns.map(({ name }) => name),
    rows: (deep) => scanTable(capture, (row) => (deep ? Object.keys(row) : [...fieldsOfKey(topic.key, row), source.cursor])),
    expectedRows: await estimateRows(capture),
    replays: state?.replays ?? [],
    position,
    reached: reachedBy(positions, ordered, position, guarantee, config.delayMs),
    positionOf: positions.positionOf,
  };
  return { evidence, columns, guarantee };
};

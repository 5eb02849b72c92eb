import { BridgeError } from '../../core/errors.js';
import { readColumns, type TableColumn, type TableName } from './columns.js';
import type { Query } from './query.js';

export type Index = Readonly<{ name: string; columns: readonly string[]; unique: boolean }>;

export type Table = Readonly<{
  columns: readonly TableColumn[];
  primaryKey: readonly string[];
  indexes: readonly Index[];
  /** When the table was made, or made anew; some ALTERs make it anew. */
  createdAt: string | null;
  engine: string | null;
}>;

type TableRow = Readonly<{ createdAt: string | null; engine: string | null }>;

const TABLE_SQL = `
SELECT CAST(CREATE_TIME AS CHAR) createdAt, ENGINE engine FROM information_schema.TABLES
WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?`;

/** MySQL and MariaDB tell in differently named columns that an index is out of use. */
type IndexRow = Readonly<{
  INDEX_NAME: string;
  COLUMN_NAME: string | null;
  NON_UNIQUE: number | string;
  SUB_PART: number | string | null;
  IS_VISIBLE?: string;
  IGNORED?: string;
}>;

const INDEXES_SQL = `
SELECT * FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?
ORDER BY INDEX_NAME, SEQ_IN_INDEX`;

/** A part of an index that is not a whole column (an expression, a prefix) is of no use for reading in the column's order. */
const columnPart = ({ COLUMN_NAME, SUB_PART }: IndexRow): string =>
  COLUMN_NAME === null || SUB_PART !== null ? '' : COLUMN_NAME;

const indexesOf = (rows: readonly IndexRow[]): readonly Index[] => {
  const usable = rows.filter(({ IS_VISIBLE, IGNORED }) => IS_VISIBLE !== 'NO' && IGNORED !== 'YES');
  const names = [...new Set(usable.map(({ INDEX_NAME }) => INDEX_NAME))];
  return names.map((name) => {
    const parts = usable.filter(({ INDEX_NAME }) => INDEX_NAME === name);
    return { name, columns: parts.map(columnPart), unique: Number(parts[0]?.NON_UNIQUE) === 0 };
  });
};

const tableMissing = ({ database, table }: TableName): BridgeError =>
  new BridgeError({
    code: 'TABLE_MISSING',
    kind: 'configuration',
    found: `There is no table '${table}' in ${database === undefined ? "the connection's database" : `the database '${database}'`}, or no right to read it.`,
    fix: "Check the name; 'rowbridge setup' makes the tables of a pipeline and grants the rights.",
  });

/**
 * What the database knows of a table.
 * @throws BridgeError `configuration` when there is no such table, `transient` when the server is away
 */
export const readTable = async (query: Query, name: TableName): Promise<Table> => {
  const columns = await readColumns(query, name);
  if (columns.length === 0) throw tableMissing(name);
  const params = [name.database ?? null, name.table];
  const indexes = indexesOf(await query<IndexRow>(INDEXES_SQL, params));
  const [facts] = await query<TableRow>(TABLE_SQL, params);
  // It went after its columns were read: that it showed no index says nothing.
  if (facts === undefined) throw tableMissing(name);
  return {
    columns,
    primaryKey: indexes.find((index) => index.name === 'PRIMARY')?.columns ?? [],
    indexes,
    createdAt: facts.createdAt,
    engine: facts.engine,
  };
};

import * as fs from "node:fs";
import pg from "pg";
import type { Session } from "#sql/session/protocol.ts";
import { SqlClient, runText } from "./sql-client.ts";

/** What a client sees of a statement: the shape and rows of its result, or its error. */
type Outcome =
  | { readonly columns: readonly string[]; readonly rows: readonly string[] }
  | { readonly error: string; readonly hint: string };

/** A statement for which the two sides differ. */
export interface Difference {
  readonly statement: string;
  readonly postgres: Outcome;
  readonly holoFusion: Outcome;
}

/**
 * Runs a file of statements, one per line, against PostgreSQL and against an engine in memory, and
 * gives those whose column names, types, rows or errors (SQLSTATE, message, position, hint)
 * differ. Without ORDER BY in the statement the order of rows does not count. Lines that begin
 * with `--` are comments.
 */
export async function compareWithPostgres(
  url: string,
  file: URL,
): Promise<{ readonly differences: readonly Difference[]; readonly statementCount: number }> {
  const statements = fs
    .readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"));
  const client = await SqlClient.inMemory();
  const session = await client.connect();
  const postgres = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (value: unknown) => value },
  });
  await postgres.connect();
  const schema = `holo_comparison_${process.pid}_${Math.random().toString(36).slice(2)}`;
  const differences: Difference[] = [];
  try {
    await postgres.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}`);
    await postgres.query("SET timezone TO 'UTC'");
    for (const statement of statements) {
      const expected = await askPostgres(postgres, statement);
      const actual = await askHoloFusion(session, statement);
      if (JSON.stringify(expected) === JSON.stringify(actual)) continue;
      differences.push({ statement, postgres: expected, holoFusion: actual });
    }
  } finally {
    await postgres.query(`DROP SCHEMA ${schema} CASCADE`);
    await postgres.end();
    await session.close();
  }
  return { differences, statementCount: statements.length };
}

function inOrder(statement: string, rows: readonly (readonly unknown[])[]): readonly string[] {
  const texts = rows.map((row) => JSON.stringify(row));
  return /order by/i.test(statement) ? texts : texts.sort();
}

async function askPostgres(client: pg.Client, statement: string): Promise<Outcome> {
  try {
    const result = await client.query<unknown[]>({ text: statement, rowMode: "array" });
    return {
      columns: result.fields.map((field) => `${field.name}:${field.dataTypeID}`),
      rows: inOrder(statement, result.rows),
    };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const { code = "", message, position = "", hint = "" } = error;
    return { error: `${code} ${message} @${position}`, hint };
  }
}

async function askHoloFusion(session: Session, statement: string): Promise<Outcome> {
  const { results, error } = await runText(session, statement);
  if (error !== undefined) {
    const { position = "", hint = "" } = error.fields;
    return { error: `${error.code} ${error.message} @${position}`, hint };
  }
  const last = results.at(-1);
  const typeOids = last?.typeOids ?? [];
  return {
    columns: (last?.columns ?? []).map((name, index) => `${name}:${typeOids[index] ?? 0}`),
    rows: inOrder(statement, last?.rows ?? []),
  };
}

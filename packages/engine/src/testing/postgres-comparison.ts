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

/** A schema in PostgreSQL and an engine in memory that get the same statements. */
export class PostgresComparison {
  readonly #postgres: pg.Client;
  readonly #schema: string;
  readonly #session: Session;

  private constructor(postgres: pg.Client, schema: string, session: Session) {
    this.#postgres = postgres;
    this.#schema = schema;
    this.#session = session;
  }

  static async open(url: string): Promise<PostgresComparison> {
    const client = await SqlClient.inMemory();
    const postgres = new pg.Client({
      connectionString: url,
      types: { getTypeParser: () => (value: unknown) => value },
    });
    await postgres.connect();
    const schema = `holo_comparison_${process.pid}_${Math.random().toString(36).slice(2)}`;
    await postgres.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}`);
    await postgres.query("SET timezone TO 'UTC'");
    return new PostgresComparison(postgres, schema, await client.connect());
  }

  async close(): Promise<void> {
    await this.#postgres.query(`DROP SCHEMA ${this.#schema} CASCADE`);
    await this.#postgres.end();
    await this.#session.close();
  }

  /**
   * Runs the statement on both sides. Undefined when column names, types, rows and errors
   * (SQLSTATE, message, position, hint) are the same. Without ORDER BY in the statement the order
   * of rows does not count.
   */
  async run(statement: string): Promise<Difference | undefined> {
    const postgres = await askPostgres(this.#postgres, statement);
    const holoFusion = await askHoloFusion(this.#session, statement);
    if (JSON.stringify(postgres) === JSON.stringify(holoFusion)) return undefined;
    return { statement, postgres, holoFusion };
  }

  /** The differences of all of them, in order. */
  async runAll(statements: readonly string[]): Promise<readonly Difference[]> {
    const differences: Difference[] = [];
    for (const statement of statements) {
      const difference = await this.run(statement);
      if (difference !== undefined) differences.push(difference);
    }
    return differences;
  }
}

function inOrder(statement: string, rows: readonly (readonly unknown[])[]): readonly string[] {
  const texts = rows.map((row) => JSON.stringify(row));
  return /order by/i.test(statement) ? texts : texts.toSorted();
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

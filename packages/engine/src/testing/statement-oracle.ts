import { Client, DatabaseError } from "pg";
import type { QueryArrayResult } from "pg";

/** What PostgreSQL said to one statement: text rows and tag, or the SQLSTATE. */
export interface OracleAnswer {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tag: string;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** A PostgreSQL to compare with, in a schema of its own that goes when it is closed. */
export class StatementOracle {
  readonly #client: Client;
  readonly #schema: string;

  private constructor(client: Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  static async open(url: string, schema: string): Promise<StatementOracle> {
    const client = new Client({
      connectionString: url,
      types: { getTypeParser: () => (text: string | Buffer) => text.toString() },
    });
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(`SET search_path = ${schema}`);
    await client.query("SET TimeZone = 'UTC'");
    await client.query("SET client_min_messages = 'error'");
    return new StatementOracle(client, schema);
  }

  async run(text: string): Promise<OracleAnswer> {
    try {
      const all = (await this.#client.query({ text, rowMode: "array" })) as unknown as
        QueryArrayResult<(string | null)[]> | QueryArrayResult<(string | null)[]>[];
      const result = Array.isArray(all) ? all.at(-1) : all;
      const rows = result?.rows ?? [];
      return { rows, tag: tagOf(result), code: undefined, message: undefined };
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return { rows: [], tag: "", code: error.code, message: error.message };
    }
  }

  async close(): Promise<void> {
    await this.#client.query("ROLLBACK");
    await this.#client.query(`DROP SCHEMA IF EXISTS ${this.#schema} CASCADE`);
    await this.#client.end();
  }
}

/** pg takes tags apart; this puts them together again. */
function tagOf(result: QueryArrayResult<(string | null)[]> | undefined): string {
  if (result === undefined) return "";
  const { command, rowCount } = result;
  if (command === "INSERT") return `INSERT 0 ${rowCount}`;
  if (["SELECT", "UPDATE", "DELETE", "FETCH", "MOVE"].includes(command)) {
    return `${command} ${rowCount}`;
  }
  return command;
}

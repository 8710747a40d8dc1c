import pg from "pg";
import { SqlError } from "#base/errors.ts";
import { bindCast } from "#sql/types/cast.ts";
import type { Datum } from "#sql/types/datum.ts";
import { arrayOf } from "#sql/types/array-text.ts";
import { defaultFormatSettings, emptyCatalogLookup } from "#sql/types/format-settings.ts";
import type { FormatSettings } from "#sql/types/format-settings.ts";
import type { EvalContext } from "#sql/types/function.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";
import { resolveFunction, resolveOperator } from "#sql/types/resolve.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { formatText, parseText } from "#sql/types/text-format.ts";
import { findTypeSpec } from "#sql/types/type.ts";
import type { TypeSpec } from "#sql/types/type.ts";
import { typmodCoercion } from "#sql/types/typmod.ts";

/** Where tests find a PostgreSQL to compare with; without it they skip. */
export const oracleUrl = process.env["HOLO_TEST_POSTGRES_URL"];

/** One argument of a call: `["numeric", "1.5"]`; a null text is NULL, the type `unknown` a bare literal. */
export type TypedText = readonly [type: string, text: string | null];

/**
 * A call of a function or operator on values given as text, or a cast of one value to the type
 * `name`.
 */
export interface OracleCall {
  readonly kind: "function" | "operator" | "cast";
  readonly name: string;
  readonly args: readonly TypedText[];
}

/** What a call gives: its type and text, or the error a client would see. */
export type OracleOutcome =
  | { readonly typeOid: number; readonly text: string | null }
  | { readonly code: string; readonly message: string };

function literal([type, text]: TypedText): string {
  const quoted = text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`;
  return type === "unknown" ? quoted : `${quoted}::${type}`;
}

export function sqlOf(call: OracleCall): string {
  const args = call.args.map(literal);
  if (call.kind === "function") return `${call.name}(${args.join(", ")})`;
  if (call.kind === "cast") return `CAST(${args.join("")} AS ${call.name})`;
  const [left, right] = args;
  return right === undefined ? `${call.name} (${left})` : `(${left}) ${call.name} (${right})`;
}

/** Reads back what `sqlOf` wrote. */
export function callOf(sql: string): OracleCall {
  const args: TypedText[] = [];
  const pattern = /(NULL|'(?:[^']|'')*')(?:::("?[a-z][^,):]*(?:\(\d+(?:,-?\d+)?\))?(?:\[\])?))?/g;
  for (const match of sql.matchAll(pattern)) {
    const text = match[1] === "NULL" ? null : (match[1] ?? "").slice(1, -1).replaceAll("''", "'");
    args.push([(match[2] ?? "unknown").replace(/ AS .*$/, ""), text]);
  }
  const cast = /^CAST\(.* AS (.*)\)$/s.exec(sql);
  if (cast !== null) return { kind: "cast", name: cast[1] ?? "", args };
  const name = /^([a-z_0-9]+)\(/.exec(sql)?.[1];
  if (name !== undefined) return { kind: "function", name, args };
  const symbol = /^([^\s(]+) \(|\) ([^\s(]+) \(/.exec(sql.replaceAll(pattern, ""));
  return { kind: "operator", name: symbol?.[1] ?? symbol?.[2] ?? "", args };
}

/** A session with PostgreSQL that gives results as the text on the wire. */
export class PostgresOracle {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(
    url: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<PostgresOracle> {
    const client = new pg.Client({
      connectionString: url,
      types: { getTypeParser: () => (value: unknown) => value },
    });
    await client.connect();
    await client.query("SET standard_conforming_strings = on");
    for (const [name, value] of Object.entries(settings)) {
      await client.query(`SET ${name} = '${value}'`);
    }
    return new PostgresOracle(client);
  }

  async query(sql: string): Promise<OracleOutcome> {
    try {
      const result = await this.#client.query({ text: sql, rowMode: "array" });
      const row: unknown = result.rows[0];
      const text: unknown = Array.isArray(row) ? row[0] : null;
      return {
        typeOid: result.fields[0]?.dataTypeID ?? 0,
        text: typeof text === "string" ? text : null,
      };
    } catch (error) {
      if (error instanceof pg.DatabaseError) {
        return { code: error.code ?? "", message: error.message };
      }
      throw error;
    }
  }

  async call(call: OracleCall): Promise<OracleOutcome> {
    return this.query(`SELECT ${sqlOf(call)}`);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** A context whose clock stands still. */
export function fixedContext(settings: Partial<FormatSettings> = {}): EvalContext {
  return {
    format: { ...defaultFormatSettings, ...settings },
    transactionTimestamp: 0n,
    statementTimestamp: 0n,
    clockMicros: () => 0n,
    random: () => 0.5,
    randomBytes: (length) => new Uint8Array(length),
    catalog: emptyCatalogLookup,
    session: {
      currentUser: "postgres",
      sessionUser: "postgres",
      database: "postgres",
      searchPath: ["public"],
      backendPid: 1,
      applicationName: "",
    },
  };
}

function resolve(
  registry: FunctionRegistry,
  call: OracleCall,
  types: readonly number[],
): ResolvedCall {
  if (call.kind === "function") return resolveFunction(registry, call.name, types);
  const [left = 0, right] = types;
  return right === undefined
    ? resolveOperator(registry, call.name, undefined, left)
    : resolveOperator(registry, call.name, left, right);
}

/** `'…'::type`, which is an explicit cast. */
function readLiteral(spec: TypeSpec, text: string, context: EvalContext): Datum {
  const { type, typmod } = spec;
  const datum = parseText(type.oid, -1, text, context);
  return typmodCoercion(type.oid, typmod, true)?.(datum) ?? datum;
}

/** Evaluates the call with our own functions, coercing arguments as the binder would. */
export function evaluateCall(
  registry: FunctionRegistry,
  call: OracleCall,
  context: EvalContext,
): OracleOutcome {
  try {
    if (call.kind === "cast") return evaluateCast(call, context);
    const values: Datum[] = [];
    const types: number[] = [];
    for (const argument of call.args) {
      const spec = findTypeSpec(argument[0]);
      if (spec === undefined) throw new Error(`no type ${argument[0]}`);
      types.push(spec.type.oid);
      values.push(
        argument[1] === null
          ? null
          : argument[0] === "unknown"
            ? argument[1]
            : readLiteral(spec, argument[1], context),
      );
    }
    const resolved = resolve(registry, call, types);
    let args = values.map((value, index) => {
      if (value === null) return null;
      const cast = bindCast(
        types[index] ?? 0,
        { oid: resolved.argTypes[index] ?? 0, typmod: -1 },
        "implicit",
      );
      return cast === undefined || cast === "same" ? value : cast.evaluate([value], context);
    });
    if (resolved.variadicFrom !== undefined) {
      const from = resolved.variadicFrom;
      args = [...args.slice(0, from), arrayOf(resolved.argTypes[from] ?? 0, args.slice(from))];
    }
    args = [...args, ...resolved.defaultArgs];
    const fn = resolved.function;
    if (fn.kind !== "scalar") throw new Error(`${call.name} is not a scalar function`);
    const result = fn.strict && args.includes(null) ? null : fn.evaluate(args, context);
    return {
      typeOid: resolved.returnType,
      text: result === null ? null : formatText(resolved.returnType, result, context),
    };
  } catch (error) {
    if (error instanceof SqlError) return { code: error.code, message: error.message };
    throw error;
  }
}

function evaluateCast(call: OracleCall, context: EvalContext): OracleOutcome {
  const [[sourceName, text] = ["unknown", null]] = call.args;
  const source = findTypeSpec(sourceName);
  const target = findTypeSpec(call.name);
  if (source === undefined || target === undefined) throw new Error(`no type for ${sqlOf(call)}`);
  const typeOid = target.type.oid;
  if (text === null) return { typeOid, text: null };
  const datum = sourceName === "unknown" ? text : readLiteral(source, text, context);
  const cast = bindCast(source.type.oid, { oid: typeOid, typmod: target.typmod }, "explicit");
  if (cast === undefined) {
    throw new SqlError(
      "cannot_coerce",
      `cannot cast type ${source.type.displayName} to ${target.type.displayName}`,
    );
  }
  const result = cast === "same" ? datum : cast.evaluate([datum], context);
  return { typeOid, text: result === null ? null : formatText(typeOid, result, context) };
}

/** A call and its outcome in two lines, as recorded answers are kept. */
export function showCase(call: OracleCall, outcome: OracleOutcome): string {
  const answer =
    "code" in outcome
      ? `${outcome.code} ${JSON.stringify(outcome.message)}`
      : `${outcome.typeOid} ${JSON.stringify(outcome.text)}`;
  return `${sqlOf(call)}\n  ${answer}\n`;
}

/** The cases of a file that `showCase` wrote; lines that start with # are comments. */
export function readCases(content: string): { sql: string; answer: string }[] {
  const lines = content.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const cases: { sql: string; answer: string }[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    cases.push({
      sql: lines[index] ?? "",
      answer: `${lines[index] ?? ""}\n${lines[index + 1] ?? ""}\n`,
    });
  }
  return cases;
}

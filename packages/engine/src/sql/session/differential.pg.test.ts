import * as fs from "node:fs";
import { expect, test } from "vitest";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { StatementOracle } from "#testing/statement-oracle.ts";
import type { OracleAnswer } from "#testing/statement-oracle.ts";
import { oracleUrl } from "#testing/postgres-oracle.ts";
import { RandomStatements } from "#testing/random-statements.ts";
import { SqlClient, runText } from "#testing/sql-client.ts";
import type { Session } from "./protocol.ts";

interface Pair {
  readonly session: Session;
  readonly oracle: StatementOracle;
  close(): Promise<void>;
}

async function openPair(schema: string): Promise<Pair> {
  const runtime = simRuntime(1);
  const client = await SqlClient.open(new MemoryKv(), runtime);
  const session = await client.connect();
  const oracle = await StatementOracle.open(oracleUrl ?? "", schema);
  return { session, oracle, close: () => oracle.close() };
}

async function ours(session: Session, text: string): Promise<OracleAnswer> {
  const { results, error } = await runText(session, text);
  const last = results.at(-1);
  return {
    rows: error === undefined ? (last?.rows ?? []) : [],
    tag: error === undefined ? (last?.tag ?? "") : "",
    code: error?.code,
    message: error?.message,
  };
}

/** Rows without ORDER BY come in any order; tags of utility statements are cut to their first word by pg. */
function comparable(text: string, answer: OracleAnswer): unknown {
  if (answer.code !== undefined) return { text, code: answer.code };
  const rows = answer.rows.map((row) => JSON.stringify(row));
  const tag = /^(SELECT|INSERT|UPDATE|DELETE|FETCH|MOVE)/.test(answer.tag)
    ? answer.tag
    : answer.tag.split(" ")[0];
  return { text, rows: /order by/i.test(text) ? rows : rows.sort(), tag };
}

async function compare(pair: Pair, text: string): Promise<void> {
  const expected = await pair.oracle.run(text);
  const actual = await ours(pair.session, text);
  expect(comparable(text, actual)).toEqual(comparable(text, expected));
}

const directory = new URL("./testdata/differential/", import.meta.url);

test.skipIf(oracleUrl === undefined).for(fs.readdirSync(directory))(
  "%s gives what PostgreSQL gives",
  { timeout: 60_000 },
  async (file) => {
    const pair = await openPair(`holo_${file.replace(".sql", "").replaceAll("-", "_")}`);
    try {
      const script = fs.readFileSync(new URL(file, directory), "utf8");
      for (const part of script.split(/;[ \t]*\n/)) {
        const text = part.replaceAll(/^\s*--.*$/gm, "").trim();
        if (text !== "") await compare(pair, text);
      }
    } finally {
      await pair.close();
    }
  },
);

test.skipIf(oracleUrl === undefined).for([1, 2])(
  "random statements of seed %i give what PostgreSQL gives",
  { timeout: 60_000 },
  async (seed) => {
    const pair = await openPair(`holo_random_${seed}`);
    const statements = new RandomStatements(seed);
    try {
      for (const text of statements.setup()) await compare(pair, text);
      for (let count = 0; count < 250; count++) await compare(pair, statements.next());
    } finally {
      await pair.close();
    }
  },
);

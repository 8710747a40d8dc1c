import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  PostgresOracle,
  evaluateCall,
  fixedContext,
  oracleUrl,
  showCase,
} from "#testing/postgres-oracle.ts";
import type { OracleCall } from "#testing/postgres-oracle.ts";
import { builtinFunctionRegistry } from "./builtin-functions.ts";

/** A small generator of its own, so that a failing seed can be run again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

function randomNumeric(next: () => number): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(next() * 10)).join("");
  const whole = digits(Math.floor(next() * next() * 30)) || "0";
  const fraction = digits(Math.floor(next() * next() * 25));
  return `${next() < 0.4 ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

const binary = ["+", "-", "*", "/", "%"] as const;
const unary = ["sqrt", "ln", "exp", "round", "trunc", "ceil", "floor", "log"] as const;

describe.skipIf(oracleUrl === undefined)("numeric beside PostgreSQL", () => {
  let oracle: PostgresOracle;
  const registry = builtinFunctionRegistry();
  const context = fixedContext();

  beforeAll(async () => {
    oracle = await PostgresOracle.connect(oracleUrl ?? "");
  });

  afterAll(async () => {
    await oracle.close();
  });

  async function differences(calls: readonly OracleCall[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const call of calls) {
      const expected = showCase(call, await oracle.call(call));
      const ours = showCase(call, evaluateCall(registry, call, context));
      if (ours !== expected) wrong.push(`PostgreSQL: ${expected}ours:       ${ours}`);
    }
    return wrong;
  }

  test("arithmetic has the same digits and scales", async () => {
    const next = generator(1);
    const calls: OracleCall[] = [];
    for (let index = 0; index < 2000; index++) {
      const name = binary[Math.floor(next() * binary.length)] ?? "+";
      calls.push({
        kind: "operator",
        name,
        args: [
          ["numeric", randomNumeric(next)],
          ["numeric", randomNumeric(next)],
        ],
      });
    }
    expect(await differences(calls)).toEqual([]);
  }, 30_000);

  test("functions have the same digits and scales", async () => {
    const next = generator(2);
    const calls: OracleCall[] = [];
    for (let index = 0; index < 1200; index++) {
      const name = unary[Math.floor(next() * unary.length)] ?? "sqrt";
      const value = randomNumeric(next);
      calls.push({
        kind: "function",
        name,
        args: [["numeric", name === "exp" ? value.slice(0, 4).replace(/[-.]$/, "1") : value]],
      });
    }
    expect(await differences(calls)).toEqual([]);
  }, 30_000);

  test("powers have the same digits and scales", async () => {
    const next = generator(3);
    const calls: OracleCall[] = [];
    for (let index = 0; index < 600; index++) {
      const exponent =
        next() < 0.5 ? String(Math.floor(next() * 40 - 20)) : (next() * 8 - 4).toFixed(2);
      calls.push({
        kind: "operator",
        name: "^",
        args: [
          ["numeric", randomNumeric(next).slice(0, 8).replace(/[-.]$/, "2")],
          ["numeric", exponent],
        ],
      });
    }
    expect(await differences(calls)).toEqual([]);
  }, 30_000);
});

import { beforeAll, describe, expect, test } from "vitest";
import { isSqlError } from "#base/errors.ts";
import { loadParser, parseStatements } from "./parser.ts";
import { SourceText } from "./source-text.ts";

const limits = { statementLengthMax: 1000 };

beforeAll(loadParser);

/** SQLSTATE, message and position of the error that a text gives. */
function errorOf(text: string): string {
  try {
    parseStatements(text, limits);
  } catch (error) {
    if (isSqlError(error)) return `${error.code} ${error.message} @${error.fields.position ?? ""}`;
    throw error;
  }
  return "no error";
}

describe("parsing", () => {
  test("splits a text into statements, each with its own slice", () => {
    const statements = parseStatements(" select 1 ; ; -- nothing\n select 'é;' ;select 2", limits);
    expect(statements.map((statement) => statement.text)).toEqual([
      "select 1",
      "select 'é;'",
      "select 2",
    ]);
  });

  test("gives nothing for an empty text and for comments alone", () => {
    expect(parseStatements("", limits)).toEqual([]);
    expect(parseStatements("  /* a */ -- b", limits)).toEqual([]);
    expect(parseStatements(" ; ;", limits)).toEqual([]);
  });

  test.for([
    ["sel 1", '42601 syntax error at or near "sel" @1'],
    ["select * fro t", '42601 syntax error at or near "fro" @10'],
    ["select 'é' frm a b", '42601 syntax error at or near "a" @16'],
    ["select '😀' frm a b", '42601 syntax error at or near "a" @16'],
    ["select 'abc", `42601 unterminated quoted string at or near "'abc" @8`],
    ["select", "no error"],
    ["select 1 from", "42601 syntax error at end of input @14"],
    ["select 1 limit 1 limit 2", '42601 syntax error at or near "limit" @18'],
  ] as const)("says where it stopped: %s", ([text, expected]) => {
    expect(errorOf(text)).toBe(expected);
  });

  test("refuses a text longer than the limit", () => {
    expect(errorOf(`select '${"x".repeat(1000)}'`)).toBe(
      "54000 statement of 1009 characters exceeds the limit of 1000 @",
    );
  });
});

describe("positions", () => {
  test("count characters, where the grammar counts bytes", () => {
    const source = new SourceText("é😀x");
    expect(source.position(0)).toBe(1);
    expect(source.position(2)).toBe(2);
    expect(source.position(6)).toBe(3);
  });

  test("are unknown for -1, and the start for a location left out", () => {
    const source = new SourceText("x");
    expect(source.position(-1)).toBeUndefined();
    expect(source.position(undefined)).toBe(1);
  });
});

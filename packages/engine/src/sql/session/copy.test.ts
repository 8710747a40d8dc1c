import fc from "fast-check";
import { expect, test } from "vitest";
import { sqlStates } from "#base/errors.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import type { CopyFormat } from "#sql/bind/copy-format.ts";
import { isSqlError } from "#base/errors.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { CollectingSink, SqlClient, runText } from "#testing/sql-client.ts";
import { CopyReader } from "./copy-reader.ts";
import type { CopyFields } from "./copy-reader.ts";
import { copyLine } from "./copy-writer.ts";
import type { Session } from "./protocol.ts";

const text: CopyFormat = {
  kind: "text",
  delimiter: "\t",
  nullText: "\\N",
  header: false,
  quote: '"',
  escape: '"',
  forceQuote: new Set(),
  forceNotNull: new Set(),
  forceNull: new Set(),
};
const csv: CopyFormat = { ...text, kind: "csv", delimiter: ",", nullText: "" };

function readAll(format: CopyFormat, pieces: readonly Uint8Array[]): readonly CopyFields[] {
  const reader = new CopyReader(format);
  const rows: CopyFields[] = [];
  for (const piece of [...pieces, undefined]) {
    for (const line of reader.lines(piece)) rows.push(reader.fields(line));
  }
  return rows;
}

test.each([
  ["text", text],
  ["text with a visible delimiter", { ...text, delimiter: "|" }],
  ["csv", csv],
  [
    "csv with its own quotes",
    { ...csv, delimiter: ";", quote: "'", escape: "\\", nullText: "null" },
  ],
])("what is written as %s is read back, however it is cut", (_name, format) => {
  const field = fc.option(
    fc.string({
      unit: fc.constantFrom(
        "a",
        "é",
        "𝄞",
        "\\",
        "\n",
        "\t",
        ",",
        ";",
        "|",
        '"',
        "'",
        "N",
        ".",
        "-",
        "\b",
      ),
    }),
  );
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 2 }));
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 7 }), (given, size) => {
      const bytes = Buffer.from(given.map((row) => copyLine(row, format)).join(""));
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      expect(readAll(format, pieces)).toEqual(given);
    }),
  );
});

test.each<[string, CopyFormat, string, readonly CopyFields[]]>([
  ["the last line needs no end", text, "a\tb", [["a", "b"]]],
  ["a backslash and a point end the data", text, "a\n\\.\nb\n", [["a"]]],
  ["octal and hexadecimal bytes", text, "\\101\\x42\\303\\251\n", [["ABé"]]],
  ["a protected line feed is data", text, "a\\\nb\tc\n", [["a\nb", "c"]]],
  [
    "lines of other systems",
    text,
    "a\tb\r\nc\td\r\n",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["quotes protect line feeds", csv, '"a\nb",c\n', [["a\nb", "c"]]],
  ["quotes make the empty string", csv, '"",\n', [["", null]]],
  ["quotes may stand inside", csv, 'a"b,c"d,"e""f"\n', [["ab,cd", 'e"f']]],
])("%s", (_name, format, input, rows) => {
  expect(readAll(format, [Buffer.from(input)])).toEqual(rows);
});

async function open(): Promise<Session> {
  const client = await SqlClient.open(new MemoryKv(), simRuntime(1));
  const session = await client.connect();
  await runText(
    session,
    "CREATE TABLE parts (id int PRIMARY KEY, name varchar(5) NOT NULL, weight numeric DEFAULT 1.5)",
  );
  return session;
}

async function copyIn(session: Session, statement: string, input: string): Promise<string> {
  const sink = new CollectingSink(session);
  sink.copyInput = [Buffer.from(input)];
  try {
    await session.simpleQuery(statement, sink);
    return sink.results[0]?.tag ?? "";
  } catch (error) {
    if (!isSqlError(error)) throw error;
    return `${sqlStates[error.condition].code} ${error.message} | ${error.fields.where ?? ""}`;
  }
}

async function copyOut(session: Session, statement: string): Promise<readonly string[]> {
  const sink = new CollectingSink(session);
  await session.simpleQuery(statement, sink);
  return [...sink.copied, sink.results[0]?.tag ?? ""];
}

test("rows go in and out, with defaults for columns that are not named", async () => {
  const session = await open();
  expect(await copyIn(session, "COPY parts FROM STDIN", "1\tbolt\t\\N\n2\tnut\t0.25\n")).toBe(
    "COPY 2",
  );
  expect(
    await copyIn(
      session,
      "COPY parts (name, id) FROM STDIN WITH (FORMAT csv, HEADER)",
      'name,id\n"a,b",3\n',
    ),
  ).toBe("COPY 1");
  expect(await copyOut(session, "COPY parts TO STDOUT")).toEqual([
    "1\tbolt\t\\N\n",
    "2\tnut\t0.25\n",
    "3\ta,b\t1.5\n",
    "COPY 3",
  ]);
  expect(
    await copyOut(
      session,
      "COPY (SELECT name, weight FROM parts ORDER BY id DESC) TO STDOUT CSV HEADER",
    ),
  ).toEqual(["name,weight\n", '"a,b",1.5\n', "nut,0.25\n", "bolt,\n", "COPY 3"]);
});

test("a line that does not fit ends the statement, and nothing of it stays", async () => {
  const session = await open();
  const outcomes = [
    await copyIn(session, "COPY parts FROM STDIN", "1\ta\t1\n2\tb\n"),
    await copyIn(session, "COPY parts FROM STDIN", "1\ta\t1\t1\n"),
    await copyIn(session, "COPY parts FROM STDIN", "1\ta\t1\nx\tb\t1\n"),
    await copyIn(session, "COPY parts FROM STDIN", "1\ttoo long\t1\n"),
    await copyIn(session, "COPY parts FROM STDIN", "1\t\\N\t1\n"),
    await copyIn(session, "COPY parts FROM STDIN", "1\ta\t1\n1\ta\t1\n"),
    await copyIn(session, "COPY parts FROM STDIN CSV", '1,"a,1\n'),
    await copyIn(session, "COPY parts (id, nme) FROM STDIN", ""),
    await copyIn(session, "COPY parts FROM '/etc/passwd'", ""),
    await copyIn(session, "COPY parts FROM STDIN (FORMAT csv, DELIMITER '\"')", ""),
  ];
  expect(outcomes).toEqual([
    '22P04 missing data for column "weight" | COPY parts, line 2: "2\tb"',
    '22P04 extra data after last expected column | COPY parts, line 1: "1\ta\t1\t1"',
    '22P02 invalid input syntax for type integer: "x" | COPY parts, line 2, column id: "x"',
    '22001 value too long for type character varying(5) | COPY parts, line 1, column name: "too long"',
    '23502 null value in column "name" of relation "parts" violates not-null constraint | ',
    '23505 duplicate key value violates unique constraint "parts_pkey" | ',
    "22P04 unterminated CSV quoted field | ",
    '42703 column "nme" of relation "parts" does not exist | ',
    "0A000 COPY with a file of the server is not supported | ",
    "22023 COPY delimiter and quote must be different | ",
  ]);
  expect(await copyOut(session, "COPY parts TO STDOUT")).toEqual(["COPY 0"]);
});

import { SqlError } from "#base/errors.ts";

/** Names of catalog objects as text: splitting, folding, quoting. */

/** Splits `a."B c".d` into folded parts. 42602 when it is not a name. */
export function splitQualifiedName(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([^\s."]+))\s*(\.|$)/y;
  let at = 0;
  for (;;) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw new SqlError("invalid_name", "invalid name syntax");
    parts.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? "").toLowerCase());
    if (match[3] === "") return parts;
    at += match[0].length;
  }
}

/** Words that must be quoted to stand as a name anywhere: PostgreSQL's reserved and column-name keywords. */
const keywords: ReadonlySet<string> = new Set(
  (
    "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create " +
    "current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc " +
    "distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral " +
    "leading limit localtime localtimestamp not null offset on only or order placing primary references returning " +
    "select session_user some symmetric table then to trailing true union unique user using variadic when where " +
    "window with authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull " +
    "join left like natural notnull outer overlaps right similar tablesample verbose between bigint bit boolean char " +
    "character coalesce dec decimal exists extract float greatest grouping inout int integer interval least national " +
    "nchar none normalize nullif numeric out overlay position precision real row setof smallint substring time " +
    "timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces " +
    "xmlparse xmlpi xmlroot xmlserialize xmltable"
  ).split(" "),
);

/** quote_ident: quotes a name when it would not be read back as it is. */
export function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/** quote_literal: a string constant, with E'' when it holds a backslash. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return text.includes("\\") ? `E${quoted}` : quoted;
}

const identifierBytesMax = 63;

/** Cuts to the length of type name, at a character's edge. */
export function truncateIdentifier(text: string): string {
  if (text.length <= identifierBytesMax / 3) return text;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= identifierBytesMax) return text;
  let end = identifierBytesMax;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

import { SqlError } from "#base/errors.ts";

/** Splits a list such as `"$user", Public` into names: quoted ones as they are, others folded. */
export function splitIdentifierList(text: string): string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^\s,"']+))\s*(,|$)/y;
  if (text.trim() === "") return names;
  for (let at = 0; at < text.length;) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) {
      throw new SqlError("invalid_parameter_value", "invalid list syntax", {
        detail: `Cannot read "${text}" as a list of names.`,
      });
    }
    const name =
      match[1]?.replaceAll('""', '"') ??
      match[2]?.replaceAll("''", "'") ??
      (match[3] ?? "").toLowerCase();
    if (name !== "") names.push(name);
    at = pattern.lastIndex;
    if (match[4] === "") break;
  }
  return names;
}

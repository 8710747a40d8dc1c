import { SqlError } from "#base/errors.ts";

/**
 * Rewrites a SIMILAR TO pattern as a regular expression. Two escaped double quotes set apart the
 * part that substring() is to give: it becomes the only group that captures, and what stands
 * before it takes as little as it can.
 */
export function similarToRegex(pattern: string, escape: string): string {
  if (Array.from(escape).length > 1) {
    throw new SqlError("invalid_escape_sequence", "invalid escape string", {
      hint: "Escape string must be empty or one character.",
    });
  }
  const parts = splitAtSeparators(pattern, escape);
  const [first = "", second, third = ""] = parts;
  if (parts.length > 3) {
    throw new SqlError(
      "invalid_use_of_escape_character",
      "SQL regular expression may not contain more than two escape-double-quote separators",
    );
  }
  if (second === undefined) return `^(?:${translatePart(first, escape, false)})$`;
  const before = translatePart(first, escape, true);
  const wanted = translatePart(second, escape, false);
  return `^(?:${before})(${wanted})(?:${translatePart(third, escape, false)})$`;
}

function splitAtSeparators(pattern: string, escape: string): string[] {
  const parts: string[] = [""];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    let piece = char;
    if (escape !== "" && char === escape) {
      const next = pattern[++at];
      if (next === undefined) break;
      if (next === '"') {
        parts.push("");
        continue;
      }
      piece = char + next;
    }
    parts[parts.length - 1] = (parts[parts.length - 1] ?? "") + piece;
  }
  return parts;
}

function translatePart(part: string, escape: string, isLazy: boolean): string {
  let out = "";
  let inBracket = false;
  for (let at = 0; at < part.length; at++) {
    const char = part[at] ?? "";
    if (escape !== "" && char === escape) {
      out += `\\${part[++at] ?? ""}`;
      continue;
    }
    if (inBracket) {
      if (char === "\\") out += "\\";
      out += char;
      if (char === "]") inBracket = false;
      continue;
    }
    switch (char) {
      case "[":
        inBracket = true;
        out += char;
        break;
      case "%":
        out += isLazy ? ".*?" : ".*";
        break;
      case "_":
        out += ".";
        break;
      case "(":
        out += "(?:";
        break;
      case "\\":
      case ".":
      case "^":
      case "$":
        out += `\\${char}`;
        break;
      case "*":
      case "+":
      case "?":
      case "}":
        out += isLazy ? `${char}?` : char;
        break;
      default:
        out += char;
    }
  }
  return out;
}

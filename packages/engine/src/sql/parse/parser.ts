import { hasSqlDetails, loadModule, parseSync } from "libpg-query";
import type { Node } from "libpg-query";
import { SqlError } from "#base/errors.ts";
import type { SqlCondition } from "#base/errors.ts";
import { SourceText } from "./source-text.ts";

/** One statement of a query text: its tree, and where in the text it stands. */
export interface ParsedStatement {
  readonly node: Node;
  readonly source: SourceText;
  /** The statement alone, without the semicolon and surrounding blanks. */
  readonly text: string;
}

export interface ParseLimits {
  /** Longest query text, in UTF-16 units; longer ones get 54000. */
  readonly statementLengthMax: number;
}

/** Loads PostgreSQL's grammar (WebAssembly). To be awaited once, before the first parse. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/**
 * Parses a query text of any number of statements with PostgreSQL's own grammar. An empty text
 * or one of only comments gives none. Errors: 42601 with position, 54000 when too long.
 */
export function parseStatements(text: string, limits: ParseLimits): readonly ParsedStatement[] {
  if (text.length > limits.statementLengthMax) {
    throw new SqlError(
      "program_limit_exceeded",
      `statement of ${text.length} characters exceeds the limit of ${limits.statementLengthMax}`,
    );
  }
  if (text === "") return [];
  const source = new SourceText(text);
  const statements: ParsedStatement[] = [];
  for (const raw of parseText(text, source).stmts ?? []) {
    if (raw.stmt === undefined) continue;
    const start = raw.stmt_location ?? 0;
    const end = raw.stmt_len === undefined ? undefined : start + raw.stmt_len;
    statements.push({ node: raw.stmt, source, text: source.slice(start, end).trim() });
  }
  return statements;
}

function parseText(text: string, source: SourceText): ReturnType<typeof parseSync> {
  try {
    return parseSync(text);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const message = error.sqlDetails?.message ?? error.message;
    const position = error.sqlDetails?.cursorPosition;
    const atError = position === undefined ? "" : [...text].slice(position, position + 2).join("");
    throw new SqlError(grammarCondition(message, atError), message, {
      hint: grammarHint(message, atError),
      position: position === undefined ? undefined : Math.min(position + 1, source.length + 1),
      cause: error,
    });
  }
}

/** The grammar's hints do not come through either; this is the one that users meet. */
function grammarHint(message: string, atError: string): string | undefined {
  if (message !== "invalid Unicode escape") return undefined;
  return /^\\u$/i.test(atError)
    ? String.raw`Unicode escapes must be \uXXXX or \UXXXXXXXX.`
    : String.raw`Unicode escapes must be \XXXX or \+XXXXXX.`;
}

/** The grammar reports text but no SQLSTATE; these are the few that are not plain syntax errors. */
function grammarCondition(message: string, atError: string): SqlCondition {
  // In E'…' it is the value that is wrong, in U&'…' the syntax.
  if (message === "invalid Unicode escape" && /^\\u$/i.test(atError)) {
    return "invalid_escape_sequence";
  }
  if (
    /is not (yet )?(implemented|supported)|are not (yet )?(implemented|supported)/.test(message)
  ) {
    return "feature_not_supported";
  }
  if (message.startsWith("invalid byte sequence")) return "character_not_in_repertoire";
  return "syntax_error";
}

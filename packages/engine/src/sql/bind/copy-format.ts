import { SqlError, notSupported } from "#base/errors.ts";
import type { DefElem, Node } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";
import { nameParts } from "./environment.ts";

/**
 * How COPY writes rows as lines.
 *
 * - delimiter, quote and escape are single ASCII characters, different where they could be confused.
 * - The sets hold places in the column list.
 */
export interface CopyFormat {
  readonly kind: "text" | "csv";
  readonly delimiter: string;
  readonly nullText: string;
  /** `match`: the first line must be the column names. */
  readonly header: boolean | "match";
  readonly quote: string;
  readonly escape: string;
  readonly forceQuote: ReadonlySet<number>;
  readonly forceNotNull: ReadonlySet<number>;
  readonly forceNull: ReadonlySet<number>;
}

export interface CopyFormatContext {
  readonly isFrom: boolean;
  /** Of the columns copied, in order. */
  readonly names: readonly string[];
}

/** The options of COPY, in the new and the old spelling. */
export function bindCopyFormat(
  environment: Environment,
  nodes: readonly Node[],
  context: CopyFormatContext,
): CopyFormat {
  const options = new Map<string, DefElem>();
  for (const node of nodes) {
    if (!("DefElem" in node)) continue;
    const { defname = "", location } = node.DefElem;
    const position = environment.position(location);
    if (!optionNames.has(defname)) {
      throw new SqlError("syntax_error", `option "${defname}" not recognized`, { position });
    }
    if (options.has(defname)) {
      throw new SqlError("syntax_error", "conflicting or redundant options", { position });
    }
    options.set(defname, node.DefElem);
  }
  const kind = formatKind(options.get("format"));
  const isCsv = kind === "csv";
  if (options.has("freeze") && isOn(options.get("freeze"))) throw notSupported("COPY FREEZE");
  checkEncoding(options.get("encoding"));
  const quote = text(options.get("quote")) ?? '"';
  const format: CopyFormat = {
    kind,
    delimiter: text(options.get("delimiter")) ?? (isCsv ? "," : "\t"),
    nullText: text(options.get("null")) ?? (isCsv ? "" : "\\N"),
    header: headerOf(options.get("header"), context),
    quote,
    escape: text(options.get("escape")) ?? quote,
    forceQuote: columnsOf(options.get("force_quote"), "FORCE_QUOTE", context),
    forceNotNull: columnsOf(options.get("force_not_null"), "FORCE_NOT_NULL", context),
    forceNull: columnsOf(options.get("force_null"), "FORCE_NULL", context),
  };
  checkCharacters(format, options);
  checkScope(kind, options, context);
  return format;
}

const optionNames: ReadonlySet<string> = new Set([
  "format",
  "freeze",
  "delimiter",
  "null",
  "header",
  "quote",
  "escape",
  "force_quote",
  "force_not_null",
  "force_null",
  "encoding",
]);

function formatKind(option: DefElem | undefined): CopyFormat["kind"] {
  const name = text(option) ?? "text";
  if (name === "text" || name === "csv") return name;
  if (name === "binary") throw notSupported("COPY in binary format");
  throw new SqlError("invalid_parameter_value", `COPY format "${name}" not recognized`);
}

function checkEncoding(option: DefElem | undefined): void {
  const name = text(option)
    ?.toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, "");
  if (name === undefined || name === "UTF8" || name === "UNICODE") return;
  throw notSupported(`COPY with encoding ${text(option) ?? ""}`);
}

function headerOf(option: DefElem | undefined, context: CopyFormatContext): CopyFormat["header"] {
  if (text(option)?.toLowerCase() !== "match") return isOn(option);
  if (context.isFrom) return "match";
  throw new SqlError("feature_not_supported", 'cannot use "match" with HEADER in COPY TO');
}

/** Characters must not be able to stand for one another. */
function checkCharacters(format: CopyFormat, options: ReadonlyMap<string, DefElem>): void {
  const { kind, delimiter, nullText, quote, escape } = format;
  const unsupported = (message: string): never => {
    throw new SqlError("feature_not_supported", message);
  };
  const invalid = (message: string): never => {
    throw new SqlError("invalid_parameter_value", message);
  };
  if (Buffer.byteLength(delimiter) !== 1) {
    unsupported("COPY delimiter must be a single one-byte character");
  }
  if (/[\r\n]/.test(delimiter)) invalid("COPY delimiter cannot be newline or carriage return");
  if (/[\r\n]/.test(nullText)) {
    invalid("COPY null representation cannot use newline or carriage return");
  }
  if (kind === "text" && /[\\.a-z0-9]/.test(delimiter)) {
    invalid(`COPY delimiter cannot be "${delimiter}"`);
  }
  if (nullText.includes(delimiter)) {
    unsupported("COPY delimiter must not appear in the NULL specification");
  }
  if (kind !== "csv") return;
  if (Buffer.byteLength(quote) !== 1) {
    unsupported("COPY quote must be a single one-byte character");
  }
  if (delimiter === quote) invalid("COPY delimiter and quote must be different");
  if (options.has("escape") && Buffer.byteLength(escape) !== 1) {
    unsupported("COPY escape must be a single one-byte character");
  }
  if (nullText.includes(quote)) {
    unsupported("CSV quote character must not appear in the NULL specification");
  }
}

/** Options that mean nothing to the format or the direction. */
function checkScope(
  kind: CopyFormat["kind"],
  options: ReadonlyMap<string, DefElem>,
  context: CopyFormatContext,
): void {
  const onlyIn = (name: string, fits: boolean, place: string): void => {
    if (!options.has(name) || fits) return;
    const shown = name.replaceAll("_", " ");
    throw new SqlError("feature_not_supported", `COPY ${shown} available only ${place}`);
  };
  for (const name of ["quote", "escape", "force_quote", "force_not_null", "force_null"]) {
    onlyIn(name, kind === "csv", "in CSV mode");
  }
  onlyIn("force_quote", !context.isFrom, "using COPY TO");
  onlyIn("force_not_null", context.isFrom, "using COPY FROM");
  onlyIn("force_null", context.isFrom, "using COPY FROM");
}

function columnsOf(
  option: DefElem | undefined,
  word: string,
  context: CopyFormatContext,
): ReadonlySet<number> {
  const { arg } = option ?? {};
  if (arg === undefined) return new Set();
  if ("A_Star" in arg) return new Set(context.names.keys());
  if (!("List" in arg)) {
    throw new SqlError(
      "invalid_parameter_value",
      `argument to option "${word.toLowerCase()}" must be a list of column names`,
    );
  }
  return new Set(
    nameParts(arg.List.items).map((name) => {
      const place = context.names.indexOf(name);
      if (place !== -1) return place;
      throw new SqlError(
        "invalid_column_reference",
        `${word} column "${name}" not referenced by COPY`,
      );
    }),
  );
}

function isOn(option: DefElem | undefined): boolean {
  if (option === undefined) return false;
  const word = text(option)?.toLowerCase() ?? "true";
  if (["true", "on", "1"].includes(word)) return true;
  if (["false", "off", "0"].includes(word)) return false;
  throw new SqlError(
    "syntax_error",
    option.defname === "header"
      ? 'header requires a Boolean value or "match"'
      : `${option.defname ?? ""} requires a Boolean value`,
  );
}

function text(option: DefElem | undefined): string | undefined {
  const { arg } = option ?? {};
  if (arg === undefined) return undefined;
  if ("String" in arg) return arg.String.sval ?? "";
  if ("Integer" in arg) return String(arg.Integer.ival ?? 0);
  if ("Boolean" in arg) return arg.Boolean.boolval === true ? "true" : "false";
  return undefined;
}

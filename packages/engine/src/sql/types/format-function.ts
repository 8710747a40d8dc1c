import { SqlError } from "#base/errors.ts";
import type { Datum } from "./datum.ts";
import { quoteIdentifier, quoteLiteral } from "./object-names.ts";
import { characterCount } from "./text-order.ts";

const specifier = /%(?:(\d+)\$)?(-?)(?:(\d+)|\*(?:(\d+)\$)?)?(.)?/gsu;

function tooFew(): SqlError {
  return new SqlError("invalid_parameter_value", "too few arguments for format()");
}

/** format(): %s, %I, %L and %% with positions, widths and left justification. */
export function formatMessage(
  pattern: string,
  values: readonly Datum[],
  show: (index: number, value: Datum) => string,
): string {
  let next = 0;
  const take = (explicit: string | undefined): number => {
    const index = explicit === undefined ? next : Number(explicit) - 1;
    if (explicit !== undefined && index < 0) {
      throw new SqlError(
        "invalid_parameter_value",
        "format specifies argument 0, but arguments are numbered from 1",
      );
    }
    if (index >= values.length) throw tooFew();
    next = index + 1;
    return index;
  };
  return pattern.replace(
    specifier,
    (
      whole: string,
      argument: string | undefined,
      minus: string,
      fixedWidth: string | undefined,
      widthArgument: string | undefined,
      type: string | undefined,
    ) => {
      if (whole === "%%") return "%";
      if (type === undefined) {
        throw new SqlError("invalid_parameter_value", "unterminated format() type specifier", {
          hint: 'For a single "%" use "%%".',
        });
      }
      let width = fixedWidth === undefined ? 0 : Number(fixedWidth);
      let isLeft = minus === "-";
      if (whole.includes("*")) {
        const index = take(widthArgument);
        width = Number(values[index] ?? 0);
        if (width < 0) {
          isLeft = true;
          width = -width;
        }
      }
      if (type === "%") return "%";
      if (type !== "s" && type !== "I" && type !== "L") {
        throw new SqlError(
          "invalid_parameter_value",
          `unrecognized format() type specifier "${type}"`,
          { hint: 'For a single "%" use "%%".' },
        );
      }
      const index = take(argument);
      const value = values[index] ?? null;
      const text = conversion(type, value, () => show(index, value));
      const missing = width - characterCount(text);
      if (missing <= 0) return text;
      return isLeft ? text + " ".repeat(missing) : " ".repeat(missing) + text;
    },
  );
}

function conversion(type: "s" | "I" | "L", value: Datum, show: () => string): string {
  if (value === null) {
    if (type === "I") {
      throw new SqlError(
        "null_value_not_allowed",
        "null values cannot be formatted as an SQL identifier",
      );
    }
    return type === "L" ? "NULL" : "";
  }
  const text = show();
  return type === "I" ? quoteIdentifier(text) : type === "L" ? quoteLiteral(text) : text;
}

import { SqlError } from "#base/errors.ts";

/** How the text of one setting is read, and in which form it is kept and shown. */
export interface SettingType {
  /** pg_settings.vartype. */
  readonly name: "bool" | "integer" | "real" | "string" | "enum";
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  /** The kept form; 22023 when the text is no value of this setting. */
  normalise(name: string, text: string, current: string): string;
  /** The kept form as SHOW prints it. */
  show(value: string): string;
}

function asIs(value: string): string {
  return value;
}

export function invalidValue(name: string, text: string, hint?: string): SqlError {
  return new SqlError(
    "invalid_parameter_value",
    `invalid value for parameter "${name}": "${text}"`,
    { hint },
  );
}

export const booleanType: SettingType = {
  name: "bool",
  normalise(name, text) {
    const value = parseBoolean(text);
    if (value === undefined) {
      throw new SqlError("invalid_parameter_value", `parameter "${name}" requires a Boolean value`);
    }
    return value ? "on" : "off";
  },
  show: asIs,
};

/** on, off, and unique prefixes of true, false, yes, no; 1 and 0. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === "on" || word === "1") return true;
  if (word === "of" || word === "off" || word === "0") return false;
  if (word === "") return undefined;
  if ("true".startsWith(word) || "yes".startsWith(word)) return true;
  if ("false".startsWith(word) || "no".startsWith(word)) return false;
  return undefined;
}

/** Milliseconds or kilobytes per unit that a value may be written with. */
const unitScales: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ms: { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 },
  kB: { B: 1 / 1024, kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 },
};

export function integerType(options: {
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: "ms" | "kB";
}): SettingType {
  const { minimum, maximum, unit } = options;
  const scales = unit === undefined ? undefined : unitScales[unit];
  return {
    name: "integer",
    ...(unit === undefined ? {} : { unit }),
    minimum,
    maximum,
    normalise(name, text) {
      const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(text);
      const given = match?.[2] ?? "";
      const scale = given === "" ? 1 : scales?.[given];
      if (match === null || scale === undefined) {
        const words = scales === undefined ? "" : Object.keys(scales).map((word) => `"${word}"`);
        throw invalidValue(
          name,
          text,
          scales === undefined || match === null
            ? undefined
            : `Valid units for this parameter are ${listOf([...words])}.`,
        );
      }
      const value = Math.round(Number(match[1]) * scale);
      const suffix = unit === undefined ? "" : ` ${unit}`;
      if (value < minimum || value > maximum) {
        throw new SqlError(
          "invalid_parameter_value",
          `${value}${suffix} is outside the valid range for parameter "${name}" (${minimum} .. ${maximum})`,
        );
      }
      return String(value);
    },
    show(value) {
      const number = Number(value);
      if (scales === undefined || number <= 0) return value;
      let best = unit ?? "";
      for (const [word, scale] of Object.entries(scales)) {
        if (scale >= 1 && number % scale === 0) best = word;
      }
      return `${number / (scales[best] ?? 1)}${best}`;
    },
  };
}

function listOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")}, and ${last}`;
}

export function realType(options: {
  readonly minimum: number;
  readonly maximum: number;
}): SettingType {
  return {
    name: "real",
    ...options,
    normalise(name, text) {
      const value = Number(text);
      if (text.trim() === "" || Number.isNaN(value)) throw invalidValue(name, text);
      if (value < options.minimum || value > options.maximum) {
        throw new SqlError(
          "invalid_parameter_value",
          `${value} is outside the valid range for parameter "${name}" (${options.minimum} .. ${options.maximum})`,
        );
      }
      return String(value);
    },
    show: asIs,
  };
}

/** One of the words; `aliases` are accepted and kept as the word they stand for. */
export function enumType(
  choices: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): SettingType {
  return {
    name: "enum",
    choices,
    normalise(name, text) {
      const word = text.toLowerCase();
      const found = choices.find((choice) => choice.toLowerCase() === word) ?? aliases[word];
      if (found === undefined) {
        throw invalidValue(name, text, `Available values: ${choices.join(", ")}.`);
      }
      return found;
    },
    show: asIs,
  };
}

export const stringType: SettingType = {
  name: "string",
  normalise: (_name, text) => text,
  show: asIs,
};

/** A string that some function must accept and put into its kept form. */
export function checkedString(
  check: (name: string, text: string, current: string) => string,
): SettingType {
  return { name: "string", normalise: check, show: asIs };
}

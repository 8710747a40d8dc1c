import { SqlError } from "#base/errors.ts";
import type { Numeric } from "./numeric.ts";
import { bigintAbs, finiteNumeric, numericSign, pow10, roundToScale } from "./numeric.ts";

/*
 * to_char and to_number: patterns of 9, 0, separators and signs. Covers 9 0 . D , G MI PL SG S PR
 * $ L V TH FM B RN EEEE and quoted text.
 */

interface NumberPattern {
  readonly tokens: readonly string[];
  readonly fill: boolean;
  readonly integerDigits: number;
  readonly fractionDigits: number;
  /** Digits behind V: the value is multiplied by ten that often. */
  readonly shift: number;
  readonly hasSign: boolean;
}

const tokenPattern = /"(?:[^"\\]|\\.)*"|EEEE|FM|MI|PL|SG|PR|TH|th|RN|rn|[90.,DGSLVB$]|[\s\S]/gi;

function readNumberPattern(pattern: string): NumberPattern {
  const tokens = Array.from(pattern.match(tokenPattern) ?? [], (token) =>
    /^(?:fm|mi|pl|sg|pr|eeee|d|g|s|l|v|b)$/i.test(token) ? token.toUpperCase() : token,
  );
  let integerDigits = 0;
  let fractionDigits = 0;
  let shift = 0;
  let place: "integer" | "fraction" | "shift" = "integer";
  for (const token of tokens) {
    if (token === "9" || token === "0") {
      if (place === "integer") integerDigits++;
      else if (place === "fraction") fractionDigits++;
      else shift++;
    } else if (token === "." || token === "D") {
      if (place !== "integer") {
        throw new SqlError("syntax_error", "multiple decimal points");
      }
      place = "fraction";
    } else if (token === "V") {
      if (place === "fraction") {
        throw new SqlError("syntax_error", 'cannot use "V" and decimal point together');
      }
      place = "shift";
    }
  }
  return {
    tokens,
    fill: tokens.includes("FM"),
    integerDigits,
    fractionDigits,
    shift,
    hasSign: tokens.some((token) => ["MI", "SG", "S", "PR"].includes(token)),
  };
}

const romanParts: readonly (readonly [number, string])[] = [
  [1000, "M"],
  [900, "CM"],
  [500, "D"],
  [400, "CD"],
  [100, "C"],
  [90, "XC"],
  [50, "L"],
  [40, "XL"],
  [10, "X"],
  [9, "IX"],
  [5, "V"],
  [4, "IV"],
  [1, "I"],
];

function roman(value: number): string {
  if (value < 1 || value > 3999) return "#".repeat(15);
  let rest = value;
  let out = "";
  for (const [unit, letters] of romanParts) {
    for (; rest >= unit; rest -= unit) out += letters;
  }
  return out;
}

function ordinalSuffix(digits: string): string {
  if (/1\d$/.test(digits)) return "th";
  switch (digits[digits.length - 1]) {
    case "1":
      return "st";
    case "2":
      return "nd";
    case "3":
      return "rd";
    default:
      return "th";
  }
}

function scientific(value: Numeric, pattern: NumberPattern): string {
  if (value.kind !== "finite")
    return "#".repeat(pattern.integerDigits + pattern.fractionDigits + 6);
  const digits = bigintAbs(value.coefficient).toString();
  let exponent = value.coefficient === 0n ? 0 : digits.length - 1 - value.scale;
  const shifted = finiteNumeric(value.coefficient, value.scale + exponent);
  const normal =
    shifted.scale >= 0 ? shifted : finiteNumeric(shifted.coefficient * pow10(-shifted.scale), 0);
  let rounded = roundToScale(normal, pattern.fractionDigits);
  if (bigintAbs(rounded.coefficient) >= pow10(pattern.fractionDigits + 1)) {
    exponent++;
    rounded = finiteNumeric(rounded.coefficient / 10n, pattern.fractionDigits);
  }
  const mantissa = bigintAbs(rounded.coefficient)
    .toString()
    .padStart(pattern.fractionDigits + 1, "0");
  const point = mantissa.length - pattern.fractionDigits;
  const fraction = pattern.fractionDigits > 0 ? `.${mantissa.slice(point)}` : "";
  const sign = numericSign(value) < 0 ? "-" : pattern.fill ? "" : " ";
  const magnitude = Math.abs(exponent);
  return `${sign}${mantissa.slice(0, point)}${fraction}e${exponent < 0 ? "-" : "+"}${magnitude < 10 ? "0" : ""}${magnitude}`;
}

export function showNumber(value: Numeric, patternText: string): string {
  const pattern = readNumberPattern(patternText);
  const { tokens, fill } = pattern;
  const romanToken = tokens.find((token) => token.toUpperCase() === "RN");
  if (romanToken !== undefined) {
    const text = roman(Number(roundToScale(value, 0).coefficient));
    const cased = romanToken === "rn" ? text.toLowerCase() : text;
    return fill ? cased : cased.padStart(15);
  }
  if (tokens.includes("EEEE")) return scientific(value, pattern);
  const shifted =
    pattern.shift > 0 && value.kind === "finite"
      ? finiteNumeric(value.coefficient * pow10(pattern.shift), value.scale)
      : value;
  const rounded = roundToScale(shifted, pattern.fractionDigits);
  const negative = rounded.kind === "-infinity" || numericSign(rounded) < 0;
  const integerPlaces = pattern.integerDigits + pattern.shift;
  const all = bigintAbs(rounded.coefficient)
    .toString()
    .padStart(pattern.fractionDigits + 1, "0");
  const point = all.length - pattern.fractionDigits;
  let integer = all.slice(0, point);
  let fraction = all.slice(point);
  const showsZero = fill && rounded.coefficient === 0n && lastFractionZero(tokens) === -1;
  if (integer === "0" && integerPlaces > 0 && pattern.fractionDigits > 0 && !showsZero)
    integer = "";
  const overflows = rounded.kind !== "finite" || integer.length > integerPlaces;
  if (overflows && !(integer === "0" && integerPlaces === 0)) {
    integer = "#".repeat(integerPlaces);
    fraction = "#".repeat(pattern.fractionDigits);
  }
  if (integer === "0" && integerPlaces === 0) integer = "";
  return lay(tokens, { integer, fraction, negative, integerPlaces, pattern });
}

interface Layout {
  readonly integer: string;
  readonly fraction: string;
  readonly negative: boolean;
  readonly integerPlaces: number;
  readonly pattern: NumberPattern;
}

/** Puts digits into their places. A place left of the first digit is blank unless a 0 came before. */
function lay(tokens: readonly string[], layout: Layout): string {
  const { integer, fraction, negative, integerPlaces, pattern } = layout;
  const { fill } = pattern;
  const firstZero = indexOfFirstZero(tokens);
  const firstShown = Math.min(integerPlaces - integer.length, firstZero);
  const lastZero = lastFractionZero(tokens);
  let out = "";
  let place = 0;
  let fractionPlace = 0;
  let inFraction = false;
  let signDone = pattern.hasSign;
  const sign = negative ? "-" : " ";
  const putSign = (): void => {
    if (signDone) return;
    signDone = true;
    if (negative) out += "-";
    else if (!fill) out += " ";
  };
  const signTokens: Record<string, () => string> = {
    MI: () => (negative ? "-" : fill ? "" : " "),
    PL: () => (negative ? (fill ? "" : " ") : "+"),
    SG: () => (negative ? "-" : "+"),
  };
  const leadingS = tokens.indexOf("S") !== -1 && tokens.indexOf("S") < firstDigitIndex(tokens);
  let pendingS = leadingS;
  const putS = (): void => {
    if (!pendingS) return;
    pendingS = false;
    out += negative ? "-" : "+";
  };
  const pr = tokens.includes("PR");
  let pendingPr = pr;
  const putPr = (): void => {
    if (!pendingPr) return;
    pendingPr = false;
    if (negative) out += "<";
    else if (!fill) out += " ";
  };
  for (const token of tokens) {
    switch (token) {
      case "9":
      case "0":
        if (inFraction) {
          const digit = fraction[fractionPlace] ?? "0";
          const trailing = /^0*$/.test(fraction.slice(fractionPlace)) && fractionPlace > lastZero;
          if (!(fill && trailing)) out += digit;
          fractionPlace++;
          break;
        }
        if (place >= firstShown) {
          putSign();
          putS();
          putPr();
          out += integer[place - (integerPlaces - integer.length)] ?? "0";
        } else if (!fill) {
          out += " ";
        }
        place++;
        break;
      case ".":
      case "D":
        putSign();
        putS();
        putPr();
        inFraction = true;
        if (pattern.fractionDigits > 0) out += ".";
        break;
      case ",":
      case "G":
        if (place > firstShown) out += ",";
        else if (!fill) out += " ";
        break;
      case "MI":
      case "PL":
      case "SG":
        out += signTokens[token]?.() ?? "";
        break;
      case "S":
        if (!leadingS) out += negative ? "-" : "+";
        break;
      case "PR":
        out += negative ? ">" : fill ? "" : " ";
        break;
      case "TH":
      case "th":
        if (!negative && pattern.fractionDigits === 0 && !integer.startsWith("#")) {
          const suffix = ordinalSuffix(integer);
          out += token === "TH" ? suffix.toUpperCase() : suffix;
        }
        break;
      case "L":
        out += " ";
        break;
      case "FM":
      case "V":
      case "B":
        break;
      default:
        out += token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, "$1") : token;
    }
  }
  if (!signDone && !fill && firstDigitIndex(tokens) !== -1) out = sign + out;
  return out;
}

function firstDigitIndex(tokens: readonly string[]): number {
  return tokens.findIndex((token) => token === "9" || token === "0");
}

/** The first integer place that must be shown because of a 0 in the pattern. */
function indexOfFirstZero(tokens: readonly string[]): number {
  let place = 0;
  for (const token of tokens) {
    if (token === "." || token === "D") break;
    if (token === "0") return place;
    if (token === "9") place++;
  }
  return Infinity;
}

function lastFractionZero(tokens: readonly string[]): number {
  let place = -1;
  let last = -1;
  let inFraction = false;
  for (const token of tokens) {
    if (token === "." || token === "D") inFraction = true;
    else if (inFraction && (token === "9" || token === "0")) {
      place++;
      if (token === "0") last = place;
    }
  }
  return last;
}

/** to_number: takes the digits, the first point and the sign out of a text, as the pattern allows. */
export function readNumber(text: string, patternText: string): Numeric {
  const pattern = readNumberPattern(patternText);
  let digits = "";
  let scale = 0;
  let inFraction = false;
  let negative = false;
  for (const char of text) {
    if (char >= "0" && char <= "9") {
      const room = inFraction
        ? scale < pattern.fractionDigits
        : digits.length < pattern.integerDigits + pattern.shift;
      if (!room) {
        if (inFraction) continue;
        break;
      }
      digits += char;
      if (inFraction) scale++;
    } else if (char === "." && pattern.fractionDigits > 0) {
      inFraction = true;
    } else if (char === "-" || char === "<") {
      negative = true;
    }
  }
  if (digits === "") {
    throw new SqlError("invalid_text_representation", 'invalid input syntax for type numeric: " "');
  }
  const coefficient = BigInt(digits);
  const value = finiteNumeric(negative ? -coefficient : coefficient, scale);
  return pattern.shift > 0 ? finiteNumeric(value.coefficient, value.scale + pattern.shift) : value;
}

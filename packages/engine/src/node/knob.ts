/**
 * One setting of a node: its variable, its flag, its type with bounds, its default, its meaning.
 * Everything that shows or reads settings goes by these; there is no second place.
 */
export interface Knob<Value> {
  /** `HOLO_FUSION_…`; the flag is made from it unless given. */
  readonly variable: string;
  /** With the two dashes. */
  readonly flag: string;
  readonly type: "text" | "integer" | "boolean" | "address" | "choice";
  /** In the form in which it is given; empty: not set. */
  readonly defaultText: string;
  readonly unit: string;
  readonly minimum: string;
  readonly maximum: string;
  readonly help: string;
  /** The value, or what was expected instead, as the end of a sentence. */
  parse(text: string): { readonly value: Value } | { readonly expected: string };
}

interface Naming {
  readonly variable: string;
  readonly flag?: string;
  readonly help: string;
}

export function integerKnob(
  options: Naming & {
    readonly default: number;
    readonly minimum: number;
    readonly maximum: number;
    readonly unit?: string;
  },
): Knob<number> {
  const { minimum, maximum } = options;
  const unit = options.unit ?? "";
  return {
    ...naming(options),
    type: "integer",
    defaultText: String(options.default),
    unit,
    minimum: String(minimum),
    maximum: String(maximum),
    parse(text) {
      const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
      if (value >= minimum && value <= maximum) return { value };
      const what = unit === "" ? "a whole number" : `a whole number of ${unit}`;
      return { expected: `${what} from ${minimum} to ${maximum}` };
    },
  };
}

export function booleanKnob(options: Naming & { readonly default: boolean }): Knob<boolean> {
  return {
    ...naming(options),
    type: "boolean",
    defaultText: String(options.default),
    unit: "",
    minimum: "",
    maximum: "",
    parse(text) {
      if (text === "true") return { value: true };
      if (text === "false") return { value: false };
      return { expected: "true or false" };
    },
  };
}

export function textKnob(options: Naming & { readonly default?: string }): Knob<string> {
  return {
    ...naming(options),
    type: "text",
    defaultText: options.default ?? "",
    unit: "",
    minimum: "",
    maximum: "",
    parse: (text) => ({ value: text }),
  };
}

export function choiceKnob<Choice extends string>(
  options: Naming & { readonly default: Choice; readonly choices: readonly Choice[] },
): Knob<Choice> {
  return {
    ...naming(options),
    type: "choice",
    defaultText: options.default,
    unit: "",
    minimum: "",
    maximum: "",
    parse(text) {
      const value = options.choices.find((choice) => choice === text);
      return value === undefined ? { expected: `one of ${options.choices.join(", ")}` } : { value };
    },
  };
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export function addressKnob(options: Naming & { readonly default: string }): Knob<Address> {
  return {
    ...naming(options),
    type: "address",
    defaultText: options.default,
    unit: "",
    minimum: "",
    maximum: "",
    parse(text) {
      const value = parseAddress(text);
      return value === undefined ? { expected: addressForm } : { value };
    },
  };
}

/** Several addresses with commas between them; empty: none. */
export function addressListKnob(options: Naming): Knob<readonly Address[]> {
  return {
    ...naming(options),
    type: "address",
    defaultText: "",
    unit: "",
    minimum: "",
    maximum: "",
    parse(text) {
      const addresses: Address[] = [];
      for (const part of text === "" ? [] : text.split(",")) {
        const address = parseAddress(part.trim());
        if (address === undefined) return { expected: `${addressForm}, several with commas` };
        addresses.push(address);
      }
      return { value: addresses };
    },
  };
}

const addressForm = "host:port with a port from 0 to 65535";

export function showAddress(address: Address): string {
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

function naming(options: Naming): { variable: string; flag: string; help: string } {
  const short = options.variable.replace(/^HOLO_(?:FUSION_)?/, "");
  return {
    variable: options.variable,
    flag: options.flag ?? `--${short.toLowerCase().replaceAll("_", "-")}`,
    help: options.help,
  };
}

import { SqlError } from "#base/errors.ts";
import type { IsolationLevel } from "#sql/bind/statement.ts";
import type { SettingRow } from "#sql/execute/statement-context.ts";
import type { DateStyle, FormatSettings, IntervalStyle } from "#sql/types/format-settings.ts";
import { splitIdentifierList } from "./identifier-list.ts";
import type { SettingDefinition } from "./setting-definitions.ts";

/** Values that differ from the session's defaults; replaced, never changed, so that it can be put back. */
interface SettingsState {
  readonly session: ReadonlyMap<string, string>;
  /** SET LOCAL: until the transaction ends. */
  readonly local: ReadonlyMap<string, string>;
}

export type SettingsMark = SettingsState;

/** In milliseconds; 0 for none. */
export interface SessionTimeouts {
  readonly statementMs: number;
  readonly idleMs: number;
  readonly idleInTransactionMs: number;
}

export interface TransactionDefaults {
  readonly isolation: IsolationLevel;
  readonly isReadOnly: boolean;
  readonly isDeferrable: boolean;
}

/** All definitions of a server, by lower-case name. */
export class SettingCatalog {
  readonly #byName: ReadonlyMap<string, SettingDefinition>;

  constructor(definitions: readonly SettingDefinition[]) {
    this.#byName = new Map(
      definitions.map((definition) => [definition.name.toLowerCase(), definition]),
    );
  }

  find(name: string): SettingDefinition | undefined {
    return this.#byName.get(aliases.get(name) ?? name);
  }

  all(): Iterable<SettingDefinition> {
    return this.#byName.values();
  }
}

/** Older spellings. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["time zone", "timezone"],
  ["names", "client_encoding"],
  ["session characteristics", "default_transaction_isolation"],
]);

const noValues: ReadonlyMap<string, string> = new Map();

/**
 * The settings of one session.
 *
 *   default of the server ← start-up packet ← SET (undone by ROLLBACK) ← SET LOCAL (until the end)
 *
 * - `format`, `timeouts`, `transactionDefaults`, `searchPath` and `planKey` are derived, and keep their identity until a change.
 * - Reported changes are collected and taken by the session after each statement.
 */
export class SessionSettings {
  readonly #catalog: SettingCatalog;
  readonly #userName: string;
  /** What RESET goes back to. */
  readonly #defaults = new Map<string, string>();
  #state: SettingsState = { session: noValues, local: noValues };
  #format: FormatSettings | undefined;
  #timeouts: SessionTimeouts | undefined;
  #transactionDefaults: TransactionDefaults | undefined;
  #searchPath: readonly string[] | undefined;
  #planKey: string | undefined;
  #reported: Map<string, string> | undefined;

  constructor(catalog: SettingCatalog, userName: string) {
    this.#catalog = catalog;
    this.#userName = userName;
  }

  /** A setting of the start-up packet. */
  setDefault(name: string, text: string): void {
    const definition = this.#require(name);
    this.#requireUser(definition);
    const key = definition.name.toLowerCase();
    this.#defaults.set(key, definition.type.normalise(definition.name, text, this.#value(key)));
    this.#forget();
  }

  /** Undefined when there is no such setting. */
  show(name: string): string | undefined {
    const key = name.toLowerCase();
    const definition = this.#catalog.find(key);
    if (definition !== undefined) {
      return definition.type.show(this.#value(definition.name.toLowerCase()));
    }
    return this.#state.local.get(key) ?? this.#state.session.get(key);
  }

  /** The kept form of a setting that exists. */
  value(name: string): string {
    return this.#value(name);
  }

  set(name: string, text: string | undefined, isLocal: boolean): void {
    const key = name.toLowerCase();
    const definition = this.#catalog.find(key);
    if (definition === undefined) {
      this.#setCustom(key, text, isLocal);
      return;
    }
    this.#requireUser(definition);
    const known = definition.name.toLowerCase();
    const value =
      text === undefined
        ? this.#defaultOf(definition)
        : definition.type.normalise(definition.name, text, this.#value(known));
    this.#store(known, value, isLocal);
  }

  reset(name: string): void {
    this.set(name, undefined, false);
  }

  resetAll(): void {
    this.#replace({ session: noValues, local: noValues });
  }

  mark(): SettingsMark {
    return this.#state;
  }

  /** Back to a mark of this transaction: ROLLBACK, ROLLBACK TO SAVEPOINT. */
  rollbackTo(mark: SettingsMark): void {
    this.#replace(mark);
  }

  /** The end of a transaction: what was set LOCAL ends with it. */
  endTransaction(): void {
    if (this.#state.local.size > 0) {
      this.#replace({ session: this.#state.session, local: noValues });
    }
  }

  get format(): FormatSettings {
    this.#format ??= {
      dateStyle: parseDateStyle(this.#value("datestyle")),
      intervalStyle: this.#value("intervalstyle") as IntervalStyle,
      timeZone: this.#value("timezone"),
      byteaOutput: this.#value("bytea_output") === "escape" ? "escape" : "hex",
      extraFloatDigits: Number(this.#value("extra_float_digits")),
    };
    return this.#format;
  }

  get timeouts(): SessionTimeouts {
    this.#timeouts ??= {
      statementMs: Number(this.#value("statement_timeout")),
      idleMs: Number(this.#value("idle_session_timeout")),
      idleInTransactionMs: Number(this.#value("idle_in_transaction_session_timeout")),
    };
    return this.#timeouts;
  }

  /** For transactions that do not say otherwise. */
  get transactionDefaults(): TransactionDefaults {
    this.#transactionDefaults ??= {
      isolation: this.#value("default_transaction_isolation") as IsolationLevel,
      isReadOnly: this.#value("default_transaction_read_only") === "on",
      isDeferrable: this.#value("default_transaction_deferrable") === "on",
    };
    return this.#transactionDefaults;
  }

  /** Schema names as written, with "$user" replaced. */
  get searchPath(): readonly string[] {
    this.#searchPath ??= splitIdentifierList(this.#value("search_path")).map((part) =>
      part === "$user" ? this.#userName : part,
    );
    return this.#searchPath;
  }

  /** Equal for sessions in which one text means one plan. */
  get planKey(): string {
    this.#planKey ??= [
      this.searchPath.join(","),
      this.#value("timezone"),
      this.#value("datestyle"),
      this.#value("intervalstyle"),
    ].join("|");
    return this.#planKey;
  }

  /** Reported settings that have changed since the last call. */
  takeReported(): Iterable<readonly [string, string]> {
    const reported = this.#reported;
    if (reported === undefined) return [];
    this.#reported = undefined;
    return reported;
  }

  *initialReport(): Iterable<readonly [string, string]> {
    for (const definition of this.#catalog.all()) {
      if (definition.isReported) {
        yield [definition.name, definition.type.show(this.#value(definition.name.toLowerCase()))];
      }
    }
  }

  *rows(): Iterable<SettingRow> {
    for (const definition of this.#catalog.all()) {
      const { type } = definition;
      const key = definition.name.toLowerCase();
      yield {
        name: definition.name,
        value: this.#value(key),
        unit: type.unit,
        category: definition.category,
        help: definition.help,
        context: definition.context,
        type: type.name,
        minimum: type.minimum === undefined ? undefined : String(type.minimum),
        maximum: type.maximum === undefined ? undefined : String(type.maximum),
        choices: type.choices,
        bootValue: definition.defaultValue,
        resetValue: this.#defaultOf(definition),
        isChanged: this.#state.session.has(key) || this.#state.local.has(key),
      };
    }
  }

  #value(key: string): string {
    return (
      this.#state.local.get(key) ??
      this.#state.session.get(key) ??
      this.#defaults.get(key) ??
      this.#catalog.find(key)?.defaultValue ??
      ""
    );
  }

  #defaultOf(definition: SettingDefinition): string {
    return this.#defaults.get(definition.name.toLowerCase()) ?? definition.defaultValue;
  }

  /** `myapp.user_id` and the like: any text, for the client's own use. */
  #setCustom(key: string, text: string | undefined, isLocal: boolean): void {
    if (!/^[a-z_][\w$]*(\.[a-z_][\w$]*)+$/.test(key)) throw unknownSetting(key);
    this.#store(key, text ?? "", isLocal);
  }

  #store(key: string, value: string, isLocal: boolean): void {
    const { session, local } = this.#state;
    const withoutLocal = new Map(local);
    withoutLocal.delete(key);
    this.#replace(
      isLocal
        ? { session, local: new Map([...local, [key, value]]) }
        : { session: new Map([...session, [key, value]]), local: withoutLocal },
    );
  }

  #replace(state: SettingsState): void {
    const before = this.#state;
    if (before === state) return;
    const shownBefore = new Map<string, string>();
    const touched = new Set([
      ...before.session.keys(),
      ...before.local.keys(),
      ...state.session.keys(),
      ...state.local.keys(),
    ]);
    for (const key of touched) shownBefore.set(key, this.#value(key));
    this.#state = state;
    this.#forget();
    for (const key of touched) {
      const definition = this.#catalog.find(key);
      if (definition?.isReported !== true || shownBefore.get(key) === this.#value(key)) continue;
      this.#reported ??= new Map();
      this.#reported.set(definition.name, definition.type.show(this.#value(key)));
    }
  }

  #forget(): void {
    this.#format = undefined;
    this.#timeouts = undefined;
    this.#transactionDefaults = undefined;
    this.#searchPath = undefined;
    this.#planKey = undefined;
  }

  #require(name: string): SettingDefinition {
    const definition = this.#catalog.find(name.toLowerCase());
    if (definition === undefined) throw unknownSetting(name);
    return definition;
  }

  #requireUser(definition: SettingDefinition): void {
    if (definition.context === "user") return;
    throw new SqlError(
      "cant_change_runtime_param",
      `parameter "${definition.name}" cannot be changed`,
    );
  }
}

export function unknownSetting(name: string): SqlError {
  return new SqlError("undefined_object", `unrecognized configuration parameter "${name}"`);
}

function parseDateStyle(value: string): DateStyle {
  const [format, order] = value.split(", ");
  return { format: format as DateStyle["format"], order: order as DateStyle["order"] };
}

import { SqlError } from "#base/errors.ts";
import { parseStatements } from "#sql/parse/parser.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import { LruCache } from "./lru-cache.ts";
import type { PlannedQuery } from "./planned-query.ts";

export interface StatementCacheLimits {
  readonly textsMax: number;
  readonly plansMax: number;
  /** Texts longer than this are not kept: they are bulk loads that do not come again. */
  readonly textLengthMax: number;
  readonly statementLengthMax: number;
}

export const defaultStatementCacheLimits: StatementCacheLimits = {
  textsMax: 1_024,
  plansMax: 1_024,
  textLengthMax: 16_384,
  statementLengthMax: 64 * 1024 * 1024,
};

/** What a node remembers of statements, for all its sessions: trees by text, plans by meaning. */
export class StatementCache {
  readonly #limits: StatementCacheLimits;
  readonly #parsed: LruCache<readonly ParsedStatement[]>;
  readonly #plans: LruCache<PlannedQuery>;

  constructor(limits: StatementCacheLimits) {
    this.#limits = limits;
    this.#parsed = new LruCache(limits.textsMax);
    this.#plans = new LruCache(limits.plansMax);
  }

  parse(text: string): readonly ParsedStatement[] {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) {
      throw new SqlError(
        "character_not_in_repertoire",
        'invalid byte sequence for encoding "UTF8": 0x00',
      );
    }
    const parsed = parseStatements(text, { statementLengthMax: this.#limits.statementLengthMax });
    if (text.length <= this.#limits.textLengthMax) this.#parsed.set(text, parsed);
    return parsed;
  }

  findPlan(key: string): PlannedQuery | undefined {
    return this.#plans.get(key);
  }

  keepPlan(key: string, plan: PlannedQuery): void {
    if (key.length <= this.#limits.textLengthMax) this.#plans.set(key, plan);
  }
}

/** What a plan depends on besides the text: everything that may make the same words mean another thing. */
export function planCacheKey(
  text: string,
  parameterTypeOids: readonly number[],
  catalogVersion: number,
  settingsKey: string,
): string {
  return `${catalogVersion}\n${settingsKey}\n${parameterTypeOids.join()}\n${text}`;
}

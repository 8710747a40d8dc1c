import { SimRandom } from "#runtime/sim/sim-random.ts";

/** Tables that the random queries are about: nulls, repeated values, several indexes. */
export const randomQueryTables: readonly string[] = [
  "CREATE TABLE a (id int PRIMARY KEY, x int, y text)",
  "CREATE TABLE b (id int, aid int, v text, PRIMARY KEY (id, aid))",
  "CREATE TABLE c (n bigint PRIMARY KEY, k text, x int NOT NULL)",
  "CREATE INDEX a_x ON a (x)",
  "CREATE INDEX b_aid ON b (aid)",
  "CREATE UNIQUE INDEX c_k ON c (k)",
  "INSERT INTO a SELECT g, nullif(g % 5, 4), 'y' || (g % 3) FROM generate_series(1, 14) g",
  "INSERT INTO a VALUES (20, NULL, NULL), (21, 2, NULL)",
  "INSERT INTO b SELECT g % 9, (g * 7) % 17, nullif('v' || (g % 4), 'v3') FROM generate_series(1, 20) g ON CONFLICT DO NOTHING",
  "INSERT INTO c SELECT g, 'k' || g, g % 4 FROM generate_series(0, 9) g",
];

const tables = {
  a: { integers: ["id", "x"], texts: ["y"] },
  b: { integers: ["id", "aid"], texts: ["v"] },
  c: { integers: ["n", "x"], texts: ["k"] },
} as const;

interface Source {
  readonly table: keyof typeof tables;
  readonly alias: string;
}

/**
 * Makes SELECTs over `randomQueryTables` whose result does not depend on the order in which rows
 * are found: joins of all kinds, nested and correlated subqueries, groups, set operations. LIMIT
 * comes only under an order over the whole row.
 */
export class RandomQueries {
  readonly #random: SimRandom;
  #aliasCount = 0;

  constructor(seed: number) {
    this.#random = new SimRandom(seed);
  }

  next(): string {
    this.#aliasCount = 0;
    const { sql, sources } = this.#from();
    const where = this.#chance(0.75) ? ` WHERE ${this.#condition(sources, 2)}` : "";
    const kind = this.#random.float();
    if (kind < 0.3) return this.#grouped(sql, sources, where);
    if (kind < 0.4) {
      return `SELECT count(*), ${this.#pick(["min", "max"])}(${this.#integerColumn(sources)}) FROM ${sql}${where}`;
    }
    const list = this.#times(1 + this.#below(3), () =>
      this.#chance(0.7) ? this.#integer(sources, 1) : this.#text(sources),
    );
    const distinct = this.#chance(0.15) ? "DISTINCT " : "";
    const targets = list.map((item, index) => `${item} AS c${index}`).join(", ");
    const query = `SELECT ${distinct}${targets} FROM ${sql}${where}`;
    if (kind < 0.6) return this.#ordered(query, list.length);
    if (kind < 0.7) {
      const other = this.#from();
      const operation = this.#pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
      return `SELECT ${this.#integer(sources, 0)} FROM ${sql}${where} ${operation} SELECT ${this.#integer(other.sources, 0)} FROM ${other.sql} WHERE ${this.#condition(other.sources, 1)}`;
    }
    if (kind < 0.78) {
      return `WITH q AS (${query}) SELECT * FROM q${this.#chance(0.5) ? " WHERE c0 IS NOT NULL" : ""}`;
    }
    if (kind < 0.86) {
      return `SELECT z.* FROM (${query}) z${this.#chance(0.6) ? " WHERE z.c0 IS DISTINCT FROM NULL" : ""}`;
    }
    return query;
  }

  #grouped(sql: string, sources: readonly Source[], where: string): string {
    const groups = this.#times(1 + this.#below(2), () =>
      this.#chance(0.7) ? this.#integerColumn(sources) : this.#textColumn(sources),
    ).join(", ");
    const having = this.#chance(0.4)
      ? ` HAVING count(*) ${this.#pick([">", "<", "="])} ${this.#below(5)}`
      : "";
    const total = `${this.#pick(["sum", "min", "max"])}(${this.#integer(sources, 0)})`;
    return `SELECT ${groups}, count(*), ${total} FROM ${sql}${where} GROUP BY ${groups}${having}`;
  }

  #ordered(query: string, width: number): string {
    const keys = this.#times(
      width,
      (index) => `${index + 1}${this.#pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])}`,
    ).join(", ");
    const limit = this.#chance(0.6) ? ` LIMIT ${this.#below(8)}` : "";
    const offset = this.#chance(0.2) ? ` OFFSET ${this.#below(4)}` : "";
    return `${query} ORDER BY ${keys}${limit}${offset}`;
  }

  #from(): { readonly sql: string; readonly sources: readonly Source[] } {
    const first = this.#source();
    let sources: Source[] = [first];
    // What ON may speak of: a comma begins a new item of FROM.
    let inReach: Source[] = [first];
    let sql = `${first.table} ${first.alias}`;
    const joins = this.#below(3);
    for (let count = 0; count < joins; count++) {
      const next = this.#source();
      const name = `${next.table} ${next.alias}`;
      const type = this.#pick([
        "JOIN",
        "JOIN",
        "LEFT JOIN",
        "LEFT JOIN",
        "RIGHT JOIN",
        "FULL JOIN",
        "CROSS JOIN",
        ",",
      ]);
      const equality = `${this.#integerColumn(inReach)} = ${this.#integerColumn([next])}`;
      if (type === ",") inReach = [];
      inReach = [...inReach, next];
      sources = [...sources, next];
      if (type === ",") sql += `, ${name}`;
      else if (type === "CROSS JOIN") sql += ` CROSS JOIN ${name}`;
      else if (type === "FULL JOIN") sql += ` FULL JOIN ${name} ON ${equality}`;
      else {
        const more = this.#chance(0.4) ? ` AND ${this.#condition(inReach, 0)}` : "";
        const on = this.#chance(0.7) ? `${equality}${more}` : this.#condition(inReach, 1);
        sql += ` ${type} ${name} ON ${on}`;
      }
    }
    return { sql, sources };
  }

  #condition(sources: readonly Source[], depth: number): string {
    const kind = this.#random.float();
    const integer = (): string => this.#integer(sources, depth);
    if (kind < 0.35) {
      return `${integer()} ${this.#pick(["=", "<>", "<", "<=", ">", ">="])} ${integer()}`;
    }
    if (kind < 0.45) return `${this.#integerColumn(sources)} = ${this.#below(12)}`;
    if (kind < 0.52) {
      return `${this.#text(sources)} ${this.#pick(["=", "<", ">=", "<>"])} ${this.#text(sources)}`;
    }
    if (kind < 0.58) {
      return `${this.#integerColumn(sources)} IS ${this.#pick(["", "NOT "])}NULL`;
    }
    if (kind < 0.64) {
      const last = this.#chance(0.1) ? "NULL" : String(this.#below(8));
      return `${integer()} ${this.#pick(["IN", "NOT IN"])} (${this.#below(8)}, ${this.#below(8)}, ${last})`;
    }
    if (kind < 0.68) return `${integer()} BETWEEN ${this.#below(6)} AND ${this.#below(12)}`;
    if (depth <= 0) return `${this.#integerColumn(sources)} <= ${this.#below(10)}`;
    const inner = (): string => this.#condition(sources, depth - 1);
    if (kind < 0.74) return `NOT (${inner()})`;
    if (kind < 0.8) return `(${inner()} OR ${inner()})`;
    if (kind < 0.86) return `(${inner()} AND ${inner()})`;
    return this.#subqueryCondition(sources, depth);
  }

  #subqueryCondition(sources: readonly Source[], depth: number): string {
    const source = this.#source();
    const from = `FROM ${source.table} ${source.alias}`;
    const correlated = this.#condition([source, ...sources], depth - 1);
    const kind = this.#random.float();
    if (kind < 0.45) {
      return `${this.#pick(["EXISTS", "NOT EXISTS"])} (SELECT 1 ${from} WHERE ${correlated})`;
    }
    const operand = this.#integer(sources, 0);
    const column = this.#integer([source], 0);
    const alone = this.#condition([source], depth - 1);
    if (kind < 0.8) {
      const where = this.#chance(0.6) ? correlated : alone;
      return `${operand} ${this.#pick(["IN", "NOT IN"])} (SELECT ${column} ${from} WHERE ${where})`;
    }
    const comparison = this.#pick(["= ANY", "> ALL", "<= ANY", "<> ALL"]);
    return `${operand} ${comparison} (SELECT ${column} ${from} WHERE ${alone})`;
  }

  #integer(sources: readonly Source[], depth: number): string {
    const kind = this.#random.float();
    if (kind < 0.5) return this.#integerColumn(sources);
    if (kind < 0.7) return String(this.#below(12));
    if (kind < 0.75) return `coalesce(${this.#integerColumn(sources)}, ${this.#below(5)})`;
    if (depth <= 0) return this.#integerColumn(sources);
    const inner = (): string => this.#integer(sources, depth - 1);
    if (kind < 0.85) return `(${inner()} + ${inner()})`;
    if (kind < 0.92) {
      return `(CASE WHEN ${this.#condition(sources, depth - 1)} THEN ${inner()} ELSE ${inner()} END)`;
    }
    const source = this.#source();
    const aggregate = `${this.#pick(["max", "min", "count", "sum"])}(${this.#integerColumn([source])})`;
    return `(SELECT ${aggregate} FROM ${source.table} ${source.alias} WHERE ${this.#condition([source, ...sources], depth - 1)})`;
  }

  #text(sources: readonly Source[]): string {
    return this.#chance(0.7)
      ? this.#textColumn(sources)
      : this.#pick(["'y1'", "'v2'", "'k3'", "NULL"]);
  }

  #integerColumn(sources: readonly Source[]): string {
    const source = this.#pick(sources);
    return `${source.alias}.${this.#pick(tables[source.table].integers)}`;
  }

  #textColumn(sources: readonly Source[]): string {
    const source = this.#pick(sources);
    return `${source.alias}.${this.#pick(tables[source.table].texts)}`;
  }

  #source(): Source {
    const table = this.#pick(["a", "b", "c"] as const);
    this.#aliasCount++;
    return { table, alias: `${table}${this.#aliasCount}` };
  }

  #times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }

  #below(bound: number): number {
    return this.#random.integer(bound);
  }

  #chance(probability: number): boolean {
    return this.#random.float() < probability;
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
}

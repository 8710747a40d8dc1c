import { SimRandom } from "#runtime/sim/sim-random.ts";

type Kind = "int" | "text" | "numeric" | "bool" | "date";

interface Column {
  readonly name: string;
  readonly kind: Kind;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

const tables: readonly Table[] = [
  {
    name: "items",
    columns: [
      { name: "id", kind: "int" },
      { name: "grp", kind: "int" },
      { name: "label", kind: "text" },
      { name: "price", kind: "numeric" },
      { name: "active", kind: "bool" },
      { name: "day", kind: "date" },
    ],
  },
  {
    name: "moves",
    columns: [
      { name: "item", kind: "int" },
      { name: "seq", kind: "int" },
      { name: "amount", kind: "numeric" },
      { name: "note", kind: "text" },
    ],
  },
];

const words = ["", "a", "b", "ab", "ba", "zeta", "Zeta", "ä", "row 1", "row 10", "%", "x_y"];
const operators: Readonly<Record<Kind, readonly string[]>> = {
  int: ["=", "<>", "<", "<=", ">", ">="],
  text: ["=", "<>", "<", ">=", "LIKE"],
  numeric: ["=", "<>", "<", "<=", ">", ">="],
  bool: ["=", "<>"],
  date: ["=", "<", ">="],
};

/**
 * Statements over two small tables, from one seed: what they give must not depend on the order in
 * which rows are found, so that two systems can be compared.
 */
export class RandomStatements {
  readonly #random: SimRandom;

  constructor(seed: number) {
    this.#random = new SimRandom(seed);
  }

  *setup(): Iterable<string> {
    yield "CREATE TABLE items (id int PRIMARY KEY, grp int, label text, price numeric(10,2), active boolean, day date, UNIQUE (label), CHECK (price > -500))";
    yield "CREATE TABLE moves (item int, seq int, amount numeric, note text, PRIMARY KEY (item, seq))";
    yield "CREATE INDEX items_grp ON items (grp, price)";
    yield "CREATE INDEX moves_note ON moves (note)";
    for (let id = 1; id <= 40; id++) yield this.#insert("items", id);
    for (let id = 1; id <= 60; id++) yield this.#insert("moves", id);
  }

  next(): string {
    switch (this.#random.integer(12)) {
      case 0:
        return this.#insert(this.#pick(["items", "moves"]), this.#random.integer(60));
      case 1:
        return this.#upsert();
      case 2:
        return this.#update();
      case 3:
        return `DELETE FROM items WHERE ${this.#condition(itemsTable, "items")} AND id % 7 = ${this.#random.integer(7)}`;
      case 4:
      case 5:
        return this.#join();
      case 6:
        return this.#group();
      case 7:
        return this.#setOperation();
      case 8:
        return this.#subquery();
      default:
        return this.#select();
    }
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.integer(choices.length)] as T;
  }

  #chance(oneIn: number): boolean {
    return this.#random.integer(oneIn) === 0;
  }

  #literal(kind: Kind): string {
    if (this.#chance(12)) return "NULL";
    switch (kind) {
      case "int":
        return String(this.#random.integer(45) - 3);
      case "text":
        return `'${this.#pick(words)}'`;
      case "numeric":
        return `${this.#random.integer(200) - 60}.${this.#random.integer(100)}`;
      case "bool":
        return this.#pick(["true", "false"]);
      case "date":
        return `'2020-0${1 + this.#random.integer(9)}-1${this.#random.integer(10)}'`;
    }
  }

  #scalar(table: Table, alias: string, kind: Kind, depth = 0): string {
    const candidates = table.columns.filter((column) => column.kind === kind);
    if (depth < 2 && this.#chance(2)) {
      const part = (): string => this.#scalar(table, alias, kind, depth + 1);
      switch (kind) {
        case "int":
        case "numeric":
          return this.#pick([
            () => `(${part()} + ${part()})`,
            () => `(${part()} * ${part()})`,
            () => `(${part()} - ${part()})`,
            () => `(${part()} / nullif(${part()}, 0))`,
            () => `coalesce(${part()}, ${part()})`,
            () => `abs(${part()})`,
            () =>
              `CASE WHEN ${this.#condition(table, alias, depth + 1)} THEN ${part()} ELSE ${part()} END`,
          ])();
        case "text":
          return this.#pick([
            () => `(${part()} || ${part()})`,
            () => `upper(${part()})`,
            () => `substr(${part()}, 2)`,
            () => `coalesce(${part()}, '-')`,
          ])();
        case "bool":
          return `(${this.#condition(table, alias, depth + 1)})`;
        case "date":
          return `(${part()} + ${this.#random.integer(40)})`;
      }
    }
    const column = candidates.length > 0 && !this.#chance(3) ? this.#pick(candidates) : undefined;
    if (column !== undefined) return `${alias}.${column.name}`;
    return kind === "int" || kind === "numeric" || kind === "bool"
      ? `${this.#literal(kind)}::${kind === "bool" ? "boolean" : kind}`
      : `${this.#literal(kind)}::${kind}`;
  }

  #condition(table: Table, alias: string, depth = 0): string {
    if (depth < 2 && this.#chance(2)) {
      const left = this.#condition(table, alias, depth + 1);
      const right = this.#condition(table, alias, depth + 1);
      return this.#pick([`(${left} AND ${right})`, `(${left} OR ${right})`, `NOT (${left})`]);
    }
    const column = this.#pick(table.columns);
    const name = `${alias}.${column.name}`;
    const literal = (): string => this.#literal(column.kind);
    return this.#pick([
      () => `${name} ${this.#pick(operators[column.kind])} ${literal()}`,
      () => `${name} IS ${this.#pick(["", "NOT "])}NULL`,
      () => `${name} IN (${literal()}, ${literal()}, ${literal()})`,
      () => `${name} BETWEEN ${literal()} AND ${literal()}`,
      () => `${name} IS DISTINCT FROM ${literal()}`,
      () =>
        `${this.#scalar(table, alias, column.kind, 1)} ${this.#pick(operators[column.kind])} ${this.#scalar(table, alias, column.kind, 1)}`,
    ])();
  }

  #insert(name: string, id: number): string {
    if (name === "items") {
      const label = this.#chance(3) ? "NULL" : `'row ${this.#random.integer(80)}'`;
      return `INSERT INTO items VALUES (${id}, ${this.#random.integer(6)}, ${label}, ${this.#literal("numeric")}, ${this.#literal("bool")}, ${this.#literal("date")}) RETURNING *`;
    }
    return `INSERT INTO moves VALUES (${this.#random.integer(45)}, ${this.#random.integer(4)}, ${this.#literal("numeric")}, ${this.#literal("text")})`;
  }

  #upsert(): string {
    const id = this.#random.integer(60);
    const action = this.#pick([
      "(id) DO NOTHING",
      "DO NOTHING",
      "(id) DO UPDATE SET price = items.price + excluded.price, grp = excluded.grp",
      "(label) DO UPDATE SET active = NOT items.active WHERE items.grp > 1",
    ]);
    const row = (number: number): string =>
      `(${number}, ${this.#random.integer(6)}, 'row ${this.#random.integer(80)}', ${this.#literal("numeric")}, true)`;
    const rows = this.#chance(3) ? `${row(id)}, ${row(id + 1)}` : row(id);
    return `INSERT INTO items (id, grp, label, price, active) VALUES ${rows} ON CONFLICT ${action} RETURNING id, grp, price`;
  }

  #update(): string {
    return this.#pick([
      () =>
        `UPDATE items SET price = ${this.#scalar(itemsTable, "items", "numeric", 1)} WHERE ${this.#condition(itemsTable, "items")} RETURNING id, price`,
      () =>
        `UPDATE items SET grp = grp + 1, active = NOT active WHERE ${this.#condition(itemsTable, "items")}`,
      () =>
        `UPDATE moves SET amount = items.price FROM items WHERE items.id = moves.item AND ${this.#condition(itemsTable, "items")}`,
      () => `UPDATE items SET id = id + 1000 WHERE id = ${this.#random.integer(60)} RETURNING id`,
      () => `UPDATE items SET id = id - 1000 WHERE id > 1000 AND id % 5 = 1`,
    ])();
  }

  #select(): string {
    const table = this.#pick(tables);
    // Of equal numerics with other scales DISTINCT keeps any.
    const isDistinct = this.#chance(6);
    const kinds: readonly Kind[] = isDistinct
      ? ["int", "text", "bool"]
      : ["int", "text", "numeric", "bool"];
    const list = [0, 1, 2].map(() => this.#scalar(table, "t", this.#pick(kinds)));
    const where = this.#chance(5) ? "" : ` WHERE ${this.#condition(table, "t")}`;
    const order =
      !isDistinct && this.#chance(2)
        ? ` ORDER BY ${table.columns.map((column) => `t.${column.name}${this.#pick(["", " DESC", " NULLS FIRST"])}`).join(", ")} LIMIT ${this.#random.integer(20)}`
        : "";
    const distinct = isDistinct ? "DISTINCT " : "";
    return `SELECT ${distinct}${list.join(", ")} FROM ${table.name} t${where}${order}`;
  }

  #join(): string {
    const type = this.#pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
    const extra =
      type === "FULL JOIN" ? "" : this.#chance(2) ? "" : ` AND ${this.#condition(movesTable, "m")}`;
    return `SELECT i.id, m.seq, ${this.#scalar(itemsTable, "i", "text", 1)}, ${this.#scalar(movesTable, "m", "numeric", 1)} FROM items i ${type} moves m ON i.id = m.item${extra} WHERE ${this.#condition(itemsTable, "i")}`;
  }

  #group(): string {
    const key = this.#pick(["grp", "active", "day", "grp, active"]);
    const having = this.#chance(2) ? "" : " HAVING count(*) > 1";
    return `SELECT ${key}, count(*), count(price), sum(price), min(label), max(day), avg(grp), count(DISTINCT label) FILTER (WHERE active) FROM items WHERE ${this.#condition(itemsTable, "items")} GROUP BY ${key}${having}`;
  }

  #setOperation(): string {
    const operation = this.#pick([
      "UNION",
      "UNION ALL",
      "INTERSECT",
      "INTERSECT ALL",
      "EXCEPT",
      "EXCEPT ALL",
    ]);
    return `SELECT grp FROM items WHERE ${this.#condition(itemsTable, "items")} ${operation} SELECT seq FROM moves WHERE ${this.#condition(movesTable, "moves")}`;
  }

  #subquery(): string {
    return this.#pick([
      () =>
        `SELECT i.id FROM items i WHERE ${this.#pick(["", "NOT "])}EXISTS (SELECT 1 FROM moves m WHERE m.item = i.id AND ${this.#condition(movesTable, "m")})`,
      () =>
        `SELECT i.id FROM items i WHERE i.id ${this.#pick(["IN", "NOT IN"])} (SELECT m.item FROM moves m WHERE ${this.#condition(movesTable, "m")})`,
      () =>
        `SELECT i.id, (SELECT max(m.amount) FROM moves m WHERE m.item = i.id) FROM items i WHERE ${this.#condition(itemsTable, "i")}`,
      () =>
        `SELECT i.id FROM items i WHERE i.price > ${this.#pick(["ALL", "ANY"])} (SELECT m.amount FROM moves m WHERE m.item = i.id)`,
      () =>
        `SELECT i.id, s.n FROM items i, LATERAL (SELECT count(*) AS n FROM moves m WHERE m.item <= i.id AND ${this.#condition(movesTable, "m")}) s WHERE ${this.#condition(itemsTable, "i")}`,
      () =>
        `WITH w AS (SELECT grp, sum(price) AS total FROM items GROUP BY grp) SELECT i.id, w.total FROM items i JOIN w ON w.grp = i.grp WHERE ${this.#condition(itemsTable, "i")}`,
    ])();
  }
}

const itemsTable = tables[0] as Table;
const movesTable = tables[1] as Table;

import { indexesOf } from "#catalog/snapshot.ts";
import { deparse, deparseAggregate, deparseSortKey, quoteIdentifier } from "#sql/bind/deparse.ts";
import type { DeparseStyle } from "#sql/bind/deparse.ts";
import type { Expression, Subquery } from "#sql/bind/expression.ts";
import { someExpression } from "#sql/bind/expression-walk.ts";
import { inputsOf, mapOwnExpressions } from "#sql/bind/plan-walk.ts";
import type { JoinPlan, QueryPlan, ScanPlan } from "#sql/bind/query-plan.ts";
import type { ExplainOptions } from "#sql/bind/statement.ts";

/**
 * One line of EXPLAIN with what hangs below it. Projections and filters are shown at the node
 * they are over, as PostgreSQL shows them.
 */
export interface ExplainNode {
  /** `Index Scan`, `Hash Join` … */
  readonly type: string;
  /** The first line: the type with what it is over. */
  readonly title: string;
  /** The nodes of the plan that this line stands for, the topmost first. */
  readonly plans: readonly QueryPlan[];
  /** `Filter: (…)` and its like; a list for several values under one name. */
  readonly details: readonly ExplainDetail[];
  readonly children: readonly ExplainChild[];
  /** Names for JSON: relation, alias, index, join type, strategy. */
  readonly facts: Readonly<Record<string, string | boolean>>;
}

export interface ExplainDetail {
  readonly name: string;
  readonly value: string | readonly string[];
}

export interface ExplainChild {
  /** `SubPlan 1`, `CTE x`: shown on a line of its own above the child. */
  readonly label: string | undefined;
  readonly node: ExplainNode;
}

export function describePlan(plan: QueryPlan, options: ExplainOptions): ExplainNode {
  return new PlanDescriber(options, countRelations(plan) > 1).node(plan);
}

class PlanDescriber {
  readonly #options: ExplainOptions;
  /** With one relation in the whole plan its columns need no qualifier. */
  readonly #hasSeveralRelations: boolean;
  #subplanCount = 0;

  constructor(options: ExplainOptions, hasSeveralRelations: boolean) {
    this.#options = options;
    this.#hasSeveralRelations = hasSeveralRelations;
  }

  node(plan: QueryPlan): ExplainNode {
    switch (plan.kind) {
      case "project":
        return plan.input.kind === "values" && plan.input.rows.length === 1
          ? this.#make(plan, "Result", "Result", [])
          : this.#over(plan, plan.input);
      case "filter":
        return this.#over(plan, plan.input);
      case "scan":
        return this.#scan(plan);
      case "virtualScan":
        return this.#make(
          plan,
          "Virtual Scan",
          `Virtual Scan on ${relation(plan.table.name, plan.alias)}`,
          [],
          { facts: { "Relation Name": plan.table.name, Alias: plan.alias } },
        );
      case "values":
        if (plan.rows.length === 0) {
          return this.#make(plan, "Result", "Result", [], {
            details: [{ name: "One-Time Filter", value: "false" }],
          });
        }
        return plan.rows.length === 1
          ? this.#make(plan, "Result", "Result", [])
          : this.#make(plan, "Values Scan", 'Values Scan on "*VALUES*"', []);
      case "functionScan": {
        const names = plan.calls.map((call) => call.fn?.name ?? "scalar");
        const alias = plan.alias === "" ? "" : ` ${quoteIdentifier(plan.alias)}`;
        return this.#make(
          plan,
          "Function Scan",
          `Function Scan on ${names.join(", ")}${alias === ` ${names[0] ?? ""}` ? "" : alias}`,
          [],
        );
      }
      case "projectSet":
        return this.#make(plan, "ProjectSet", "ProjectSet", [plan.input]);
      case "join":
        return this.#join(plan);
      case "aggregate": {
        const type =
          plan.groups.length > 0 || plan.groupingSets !== undefined ? "HashAggregate" : "Aggregate";
        const keys = plan.groups.map((group) => this.#show(group));
        return this.#make(plan, type, type, [plan.input], {
          details: keys.length === 0 ? [] : [{ name: "Group Key", value: keys }],
          output: [
            ...keys,
            ...plan.aggregates.map((call) => deparseAggregate(call.fn.name, call, this.#style)),
          ],
        });
      }
      case "window":
        return this.#make(plan, "WindowAgg", "WindowAgg", [plan.input]);
      case "sort": {
        const keys = plan.keys.map((key) => deparseSortKey(key, this.#style));
        return this.#make(
          plan,
          "Sort",
          plan.limitHint === undefined ? "Sort" : "Top-N Sort",
          [plan.input],
          {
            details: [{ name: "Sort Key", value: keys }],
          },
        );
      }
      case "limit":
        return this.#make(plan, "Limit", "Limit", [plan.input]);
      case "distinct": {
        const type = plan.on === undefined ? "HashAggregate" : "Unique";
        const keys =
          plan.on?.map((expression) => this.#show(expression)) ??
          plan.columns.map((column) => column.name);
        return this.#make(plan, type, type, [plan.input], {
          details: plan.on === undefined ? [{ name: "Group Key", value: keys }] : [],
        });
      }
      case "setOperation": {
        if (plan.operation === "union") {
          const append = this.#make(plan, "Append", "Append", unionSides(plan));
          if (plan.all) return append;
          return {
            type: "HashAggregate",
            title: "HashAggregate",
            plans: [plan],
            details: [{ name: "Group Key", value: plan.columns.map((column) => column.name) }],
            children: [{ label: undefined, node: { ...append, plans: [] } }],
            facts: {},
          };
        }
        const word = plan.operation === "intersect" ? "Intersect" : "Except";
        const title = `HashSetOp ${word}${plan.all ? " All" : ""}`;
        return this.#make(plan, "SetOp", title, [plan.left, plan.right]);
      }
      case "with": {
        const body = this.node(plan.body);
        const ctes = plan.ctes.map((cte): ExplainChild => ({
          label: `CTE ${cte.name}`,
          node: this.node(cte.plan),
        }));
        return { ...body, children: [...ctes, ...body.children] };
      }
      case "cteScan":
        return this.#make(plan, "CTE Scan", `CTE Scan on ${quoteIdentifier(plan.name)}`, []);
      case "recursive":
        return this.#make(plan, "Recursive Union", "Recursive Union", [plan.start, plan.step]);
      case "modify": {
        const { modify } = plan;
        const word = { insert: "Insert", update: "Update", delete: "Delete" }[modify.kind];
        const details: ExplainDetail[] = [];
        if (modify.kind === "insert" && modify.onConflict !== undefined) {
          const { indexIds, action } = modify.onConflict;
          details.push({
            name: "Conflict Resolution",
            value: action.kind === "nothing" ? "NOTHING" : "UPDATE",
          });
          const names = indexesOf(modify.table)
            .filter((index) => indexIds.includes(index.id))
            .map((index) => index.name);
          if (names.length > 0) details.push({ name: "Conflict Arbiter Indexes", value: names });
        }
        return this.#make(
          plan,
          "ModifyTable",
          `${word} on ${quoteIdentifier(modify.table.name)}`,
          [modify.source],
          { details, facts: { Operation: word, "Relation Name": modify.table.name } },
        );
      }
    }
  }

  /** A projection or filter is shown at the node below it. */
  #over(plan: QueryPlan & { readonly kind: "project" | "filter" }, input: QueryPlan): ExplainNode {
    const below = this.node(input);
    const subplans = this.#subplans(plan);
    const details =
      plan.kind === "filter"
        ? [...below.details, { name: "Filter", value: this.#show(plan.condition) }]
        : below.details.filter((detail) => detail.name !== "Output");
    const output = this.#options.verbose && plan.kind === "project" ? this.#output(plan) : [];
    return {
      ...below,
      plans: [plan, ...below.plans],
      details: [...output, ...details],
      children: [...below.children, ...subplans],
    };
  }

  #make(
    plan: QueryPlan,
    type: string,
    title: string,
    inputs: readonly QueryPlan[],
    more: {
      readonly details?: readonly ExplainDetail[];
      readonly facts?: Readonly<Record<string, string | boolean>>;
      /** For VERBOSE, where the names of the columns say less. */
      readonly output?: readonly string[];
    } = {},
  ): ExplainNode {
    const subplans = this.#subplans(plan);
    const children = inputs.map((input): ExplainChild => ({
      label: undefined,
      node: this.node(input),
    }));
    const filter =
      plan.kind === "virtualScan" && plan.filter !== undefined
        ? [{ name: "Filter", value: this.#show(plan.filter) }]
        : [];
    return {
      type,
      title,
      plans: [plan],
      details: [
        ...(this.#options.verbose ? this.#output(plan, more.output) : []),
        ...(more.details ?? []),
        ...filter,
      ],
      children: [...children, ...subplans],
      facts: more.facts ?? {},
    };
  }

  #output(plan: QueryPlan, output?: readonly string[]): readonly ExplainDetail[] {
    if (plan.columns.length === 0) return [];
    const value =
      output ??
      (plan.kind === "project"
        ? plan.expressions.map((expression) => this.#show(expression))
        : plan.columns.map((column) => quoteIdentifier(column.name)));
    return [{ name: "Output", value }];
  }

  #scan(plan: ScanPlan): ExplainNode {
    const { table, constraint } = plan;
    const on = relation(
      table.name,
      plan.alias,
      this.#options.verbose ? table.schemaName : undefined,
    );
    const index = indexesOf(table).find((one) => one.id === plan.indexId);
    const isPrimary = plan.indexId === table.primaryIndex.id;
    const isSequential = isPrimary && constraint === undefined && !plan.reverse;
    const details: ExplainDetail[] = [];
    const condition = this.#indexCondition(plan, index?.columnIds ?? []);
    if (condition !== undefined) details.push({ name: "Index Cond", value: condition });
    if (plan.filter !== undefined) {
      details.push({ name: "Filter", value: this.#show(plan.filter) });
    }
    const facts = { "Relation Name": table.name, Alias: plan.alias };
    if (isSequential) {
      return this.#make(plan, "Seq Scan", `Seq Scan on ${on}`, [], { details, facts });
    }
    const backward = plan.reverse ? " Backward" : "";
    const name = quoteIdentifier(index?.name ?? "");
    return this.#make(plan, "Index Scan", `Index Scan${backward} using ${name} on ${on}`, [], {
      details,
      facts: {
        ...facts,
        "Index Name": index?.name ?? "",
        "Scan Direction": plan.reverse ? "Backward" : "Forward",
      },
    });
  }

  #indexCondition(plan: ScanPlan, columnIds: readonly number[]): string | undefined {
    const { constraint } = plan;
    if (constraint === undefined) return undefined;
    const column = (position: number): string => {
      const id = columnIds[position];
      return quoteIdentifier(plan.table.columns.find((one) => one.id === id)?.name ?? "?");
    };
    const equal = (values: readonly Expression[]): string[] =>
      values.map((value, position) => `(${column(position)} = ${this.#show(value)})`);
    const parts: string[] = [];
    if (constraint.points !== undefined) {
      const points = constraint.points.map((point) => {
        const conditions = equal(point);
        return conditions.length === 1 ? (conditions[0] ?? "") : `(${conditions.join(" AND ")})`;
      });
      const width = constraint.points[0]?.length ?? 0;
      parts.push(
        width === 1
          ? `(${column(0)} = ANY (ARRAY[${constraint.points.map((point) => point.map((value) => this.#show(value)).join(", ")).join(", ")}]))`
          : points.join(" OR "),
      );
    } else {
      parts.push(...equal(constraint.equalities));
      if (constraint.anyOf !== undefined) {
        const { length } = constraint.equalities;
        parts.push(`(${column(length)} = ANY (${this.#show(constraint.anyOf)}))`);
      }
    }
    const fixed = (constraint.points?.[0] ?? constraint.equalities).length;
    const bound = (values: readonly Expression[], operator: string): void => {
      values.forEach((value, position) => {
        parts.push(`(${column(fixed + position)} ${operator} ${this.#show(value)})`);
      });
    };
    const { lower, upper } = constraint;
    if (lower !== undefined) bound(lower.values, lower.inclusive ? ">=" : ">");
    if (upper !== undefined) bound(upper.values, upper.inclusive ? "<=" : "<");
    return parts.length === 1 ? parts[0] : `(${parts.join(" AND ")})`;
  }

  #join(plan: JoinPlan): ExplainNode {
    const method = {
      hash: "Hash",
      lookup: "Lookup",
      nestedLoop: "Nested Loop",
    }[plan.algorithm];
    const kind = {
      inner: "",
      left: "Left",
      right: "Right",
      full: "Full",
      semi: "Semi",
      anti: "Anti",
    }[plan.type];
    const title =
      plan.algorithm === "nestedLoop" && kind === ""
        ? method
        : [method, kind, "Join"].filter((word) => word !== "").join(" ");
    const details: ExplainDetail[] = [];
    if (plan.keys.length > 0) {
      const keys = plan.keys.map((key) => `(${this.#show(key.left)} = ${this.#show(key.right)})`);
      details.push({
        name: "Hash Cond",
        value: keys.length === 1 ? (keys[0] ?? "") : `(${keys.join(" AND ")})`,
      });
    }
    if (plan.condition !== undefined) {
      details.push({ name: "Join Filter", value: this.#show(plan.condition) });
    }
    return this.#make(plan, title, title, [plan.left, plan.right], {
      details,
      facts: { "Join Type": kind === "" ? "Inner" : kind },
    });
  }

  /** Plans of subqueries in the node's expressions, each under its own label. */
  #subplans(plan: QueryPlan): readonly ExplainChild[] {
    const found: Subquery[] = [];
    mapOwnExpressions(plan, (expression) => {
      someExpression(expression, (one) => {
        if (one.kind === "subquery" && !found.some((other) => other.plan === one.plan)) {
          found.push(one);
        }
        return false;
      });
      return expression;
    });
    return found.map((subquery) => {
      this.#subplanCount++;
      const word = subquery.isCorrelated ? "SubPlan" : "InitPlan";
      return { label: `${word} ${this.#subplanCount}`, node: this.node(subquery.plan) };
    });
  }

  readonly #style: DeparseStyle = {
    column: (column) =>
      column.table === undefined || !this.#isQualified(column.name)
        ? column.name
        : `${quoteIdentifier(column.table)}.${quoteIdentifier(column.name)}`,
    bareIntegers: true,
    subquery: (subquery) =>
      subquery.mode === "exists"
        ? "EXISTS(SubPlan)"
        : subquery.isCorrelated
          ? "(SubPlan)"
          : "(InitPlan)",
  };

  #isQualified(name: string): boolean {
    const isColumn = /^[\w$]+$/.test(name);
    return isColumn && (this.#options.verbose || this.#hasSeveralRelations);
  }

  #show(expression: Expression): string {
    return deparse(expression, this.#style);
  }
}

function countRelations(plan: QueryPlan): number {
  let count = 0;
  switch (plan.kind) {
    case "scan":
    case "virtualScan":
    case "functionScan":
    case "cteScan":
      count = 1;
      break;
    case "values":
      count = plan.rows.length > 1 ? 1 : 0;
      break;
    default:
      break;
  }
  mapOwnExpressions(plan, (expression) => {
    someExpression(expression, (one) => {
      if (one.kind === "subquery") count += countRelations(one.plan);
      return false;
    });
    return expression;
  });
  return inputsOf(plan).reduce((sum, input) => sum + countRelations(input), count);
}

function unionSides(plan: QueryPlan): readonly QueryPlan[] {
  if (plan.kind !== "setOperation" || plan.operation !== "union") return [plan];
  const flatten = (side: QueryPlan): readonly QueryPlan[] =>
    side.kind === "setOperation" && side.operation === "union" && side.all === plan.all
      ? unionSides(side)
      : [side];
  return [...flatten(plan.left), ...flatten(plan.right)];
}

function relation(name: string, alias: string, schema?: string): string {
  const qualified =
    schema === undefined
      ? quoteIdentifier(name)
      : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return alias === name ? qualified : `${qualified} ${quoteIdentifier(alias)}`;
}

import { SqlError } from "#base/errors.ts";
import { deparse, deparseAggregate } from "./deparse.ts";
import type { AggregateCall, ColumnSlot, Expression } from "./expression.ts";
import { mapChildren, mapColumns, mapSubquery, sameExpression } from "./expression-walk.ts";
import type { GroupBy } from "./group-by.ts";
import type { AggregatePlan, OutputColumn, QueryPlan } from "./query-plan.ts";
import type { Scope } from "./scope.ts";
import { int4Type } from "./type-ref.ts";
import { startOf } from "./start-of.ts";

/**
 * The step from rows of FROM to groups: rewrites what was bound over FROM's row so that it
 * reads the aggregate's row instead.
 *
 * - Columns that a grouped primary key decides become groups too; that makes no group smaller.
 */
export class AggregateStage {
  readonly #scope: Scope;
  readonly #groups: Expression[];
  readonly #groupCount: number;
  readonly #sets: readonly (readonly number[])[] | undefined;
  readonly #aggregates: AggregateCall[] = [];
  /** pending index → place among aggregates or grouping calls. */
  readonly #aggregatePlaces = new Map<number, number>();
  readonly #groupingCalls: (readonly number[])[] = [];
  readonly #groupingPlaces = new Map<number, number>();

  constructor(scope: Scope, groupBy: GroupBy) {
    this.#scope = scope;
    this.#groups = groupBy.groups;
    this.#sets = groupBy.sets;
    this.#addDependentColumns();
    this.#groupCount = this.#groups.length;
    scope.pending.forEach((pending, index) => {
      if (pending.kind === "aggregate") {
        this.#aggregatePlaces.set(index, this.#aggregates.length);
        this.#aggregates.push(pending.call);
      } else if (pending.kind === "grouping") {
        this.#groupingPlaces.set(index, this.#groupingCalls.length);
        this.#groupingCalls.push(pending.args.map((arg) => this.#groupingArgument(arg)));
      }
    });
  }

  plan(input: QueryPlan): AggregatePlan {
    const column = (expression: Expression, name: string): OutputColumn => ({
      ...expression.result,
      name,
      tableId: 0,
      attributeNumber: 0,
    });
    return {
      kind: "aggregate",
      input,
      groups: this.#groups,
      groupingSets: this.#sets,
      aggregates: this.#aggregates,
      groupingCalls: this.#groupingCalls,
      columns: [
        ...this.#groups.map((group) => column(group, groupName(group))),
        ...this.#aggregates.map((call) => ({
          ...call.result,
          name: call.fn.name,
          tableId: 0,
          attributeNumber: 0,
        })),
        ...this.#groupingCalls.map(() => ({
          ...int4Type,
          name: "grouping",
          tableId: 0,
          attributeNumber: 0,
        })),
      ],
    };
  }

  /** The expression over the aggregate's row; 42803 when it uses a column that is not grouped. */
  rewrite(expression: Expression): Expression {
    const group = this.#findGroup(expression);
    if (group !== undefined) return group;
    switch (expression.kind) {
      case "column":
        return this.#rewriteColumn(expression);
      case "subquery":
        return mapSubquery(
          expression,
          (operand) => this.rewrite(operand),
          (inner, nesting) =>
            mapColumns(
              inner,
              (reference) => this.#rewriteOuter(reference.slot, reference.expression),
              nesting,
            ),
        );
      default:
        return mapChildren(expression, (child) => this.rewrite(child));
    }
  }

  #rewriteColumn(column: ColumnSlot): Expression {
    const pending = this.#scope.pendingOf(column.slot);
    if (pending === undefined)
      throw ungrouped(
        column,
        "must appear in the GROUP BY clause or be used in an aggregate function",
      );
    const index = -column.slot - 1;
    if (pending.kind === "aggregate") {
      const place = this.#aggregatePlaces.get(index) ?? 0;
      return {
        ...column,
        slot: this.#groupCount + place,
        name: deparseAggregate(pending.call.fn.name, pending.call),
      };
    }
    if (pending.kind === "grouping") {
      const place = this.#groupingPlaces.get(index) ?? 0;
      return { ...column, slot: this.#groupCount + this.#aggregates.length + place };
    }
    // Windows and sets come later, over the rewritten row.
    return column;
  }

  /** A mention inside a subquery of a column of this query: answered over this query's row. */
  #rewriteOuter(slot: number, mention: Expression): Expression {
    if (slot < 0) {
      const { result, position } = mention;
      return this.#rewriteColumn({ kind: "column", slot, name: "", result, position });
    }
    const index = this.#groups.findIndex((group) => group.kind === "column" && group.slot === slot);
    const group = this.#groups[index];
    if (group?.kind === "column") return { ...group, slot: index };
    throw ungrouped(mention, "from outer query");
  }

  #findGroup(expression: Expression): Expression | undefined {
    let slot = this.#groups.indexOf(expression);
    if (slot === -1) {
      if (expression.kind === "constant" || expression.kind === "parameter") return undefined;
      slot = this.#groups.findIndex((group) => sameExpression(group, expression));
    }
    const group = this.#groups[slot];
    if (group === undefined) return undefined;
    return {
      kind: "column",
      slot,
      name: group.kind === "column" ? group.name : deparse(group),
      table: group.kind === "column" ? group.table : undefined,
      result: expression.result,
      position: expression.position,
    };
  }

  #groupingArgument(arg: Expression): number {
    const index = this.#groups.findIndex((group) => sameExpression(group, arg));
    if (index !== -1) return index;
    throw new SqlError(
      "grouping_error",
      "arguments to GROUPING must be grouping expressions of the associated query level",
      { position: startOf(arg) },
    );
  }

  #addDependentColumns(): void {
    if (this.#sets !== undefined) return;
    for (const relation of this.#scope.relations) {
      const { table } = relation;
      if (table === undefined) continue;
      const keyIds = table.primaryIndex.columnIds;
      const isGrouped = (columnId: number): boolean => {
        const index = table.columns.findIndex((column) => column.id === columnId);
        const column = relation.columns[index];
        return (
          column !== undefined &&
          !column.hidden &&
          this.#groups.some((group) => sameExpression(group, column.expression))
        );
      };
      if (!keyIds.every(isGrouped)) continue;
      for (const column of relation.columns) {
        if (!this.#groups.some((group) => sameExpression(group, column.expression))) {
          this.#groups.push(column.expression);
        }
      }
    }
  }
}

function groupName(group: Expression): string {
  return group.kind === "column" ? group.name : deparse(group);
}

function ungrouped(column: Expression, problem: string): SqlError {
  const isNamed = column.kind === "column" || column.kind === "outer";
  const name = isNamed
    ? column.table === undefined
      ? column.name
      : `${column.table}.${column.name}`
    : "?";
  const message =
    problem === "from outer query"
      ? `subquery uses ungrouped column "${name}" from outer query`
      : `column "${name}" ${problem}`;
  return new SqlError("grouping_error", message, { position: column.position });
}

import type { Expression } from "#sql/bind/expression.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";

/** Whether the expression over the plan's row is known never to be null. Says no when in doubt. */
export function isNeverNull(expression: Expression, plan: QueryPlan): boolean {
  switch (expression.kind) {
    case "constant":
      return expression.value !== null;
    case "column":
      return isColumnNeverNull(plan, expression.slot);
    case "call":
      // Casts between types give a value for a value.
      return (
        (expression.syntax === "cast" || expression.syntax === "relabel") &&
        expression.args.every((arg) => isNeverNull(arg, plan))
      );
    case "coalesce":
      return expression.args.some((arg) => isNeverNull(arg, plan));
    default:
      return false;
  }
}

export function isColumnNeverNull(plan: QueryPlan, slot: number): boolean {
  switch (plan.kind) {
    case "scan": {
      const columnId = plan.columnIds[slot];
      return plan.table.columns.find((column) => column.id === columnId)?.notNull === true;
    }
    case "values":
      return plan.rows.every((row) => {
        const value = row[slot];
        return value?.kind === "constant" && value.value !== null;
      });
    case "project": {
      const expression = plan.expressions[slot];
      return expression !== undefined && isNeverNull(expression, plan.input);
    }
    case "filter":
    case "sort":
    case "limit":
    case "distinct":
      return isColumnNeverNull(plan.input, slot);
    case "join": {
      const width = plan.left.columns.length;
      const isLeft = slot < width;
      if (plan.type === "full") return false;
      if (isLeft) return plan.type !== "right" && isColumnNeverNull(plan.left, slot);
      return plan.type !== "left" && isColumnNeverNull(plan.right, slot - width);
    }
    default:
      return false;
  }
}

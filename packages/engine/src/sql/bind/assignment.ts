import { SqlError, notSupported } from "#base/errors.ts";
import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { Node, ResTarget } from "#sql/parse/ast.ts";
import { bindExpression } from "./expression-binding.ts";
import { bindSubqueryPlan, rowFields } from "./bind-subquery.ts";
import { assignTo } from "./assign-to.ts";
import type { Environment } from "./environment.ts";
import type { Expression } from "./expression.ts";
import type { Assignment } from "./query-plan.ts";
import type { Site } from "./site.ts";
import { boundTableExpressions } from "./stored-expression.ts";
import { typeRef } from "./type-ref.ts";
import { startOfNode } from "./start-of.ts";

/** What DEFAULT means for a column. */
export function defaultOf(
  environment: Environment,
  table: TableDescriptor,
  column: ColumnDescriptor,
): Expression {
  const { defaults } = boundTableExpressions(environment, table);
  return (
    defaults.get(column.id) ?? {
      kind: "constant",
      value: null,
      result: typeRef(column.type.oid),
    }
  );
}

export function findTargetColumn(
  environment: Environment,
  table: TableDescriptor,
  target: ResTarget,
): ColumnDescriptor {
  const name = target.name ?? "";
  const position = environment.position(target.location);
  const column = table.columns.find((one) => one.name === name && !one.hidden);
  if (column === undefined) {
    throw new SqlError(
      "undefined_column",
      `column "${name}" of relation "${table.name}" does not exist`,
      { position },
    );
  }
  if ((target.indirection ?? []).length > 0) {
    throw notSupported("assignment to an array element or a field", { position });
  }
  return column;
}

/** The SET list of UPDATE and of ON CONFLICT DO UPDATE. */
export function bindAssignments(
  site: Site,
  table: TableDescriptor,
  nodes: readonly Node[],
): readonly Assignment[] {
  const { environment } = site;
  const assignments: Assignment[] = [];
  let multi: readonly Expression[] = [];
  for (const node of nodes) {
    if (!("ResTarget" in node) || node.ResTarget.val === undefined) {
      throw notSupported("assignment");
    }
    const { val, location } = node.ResTarget;
    const column = findTargetColumn(environment, table, node.ResTarget);
    if (assignments.some((other) => other.columnId === column.id)) {
      throw new SqlError("syntax_error", `multiple assignments to same column "${column.name}"`);
    }
    let value: Expression | undefined;
    if ("MultiAssignRef" in val) {
      const { source, colno = 1, ncolumns = 1 } = val.MultiAssignRef;
      if (source === undefined) throw notSupported("assignment");
      if ("RowExpr" in source) {
        const item = source.RowExpr.args?.[colno - 1];
        if (source.RowExpr.args?.length !== ncolumns || item === undefined) {
          throw columnCountMismatch(environment.position(source.RowExpr.location));
        }
        value = bindAssigned(site, table, column, item);
      } else {
        // Every column of the group carries the whole source; it is bound once.
        if (colno === 1) multi = bindMultiSource(site, source, ncolumns);
        value = multi[colno - 1];
      }
    } else {
      value = bindAssigned(site, table, column, val);
    }
    if (value === undefined) throw columnCountMismatch(environment.position(location));
    assignments.push({ columnId: column.id, value: assignTo(environment, column, value) });
  }
  return assignments;
}

function columnCountMismatch(position: number | undefined): SqlError {
  return new SqlError("syntax_error", "number of columns does not match number of values", {
    position,
  });
}

/** DEFAULT or an expression. */
export function bindAssigned(
  site: Site,
  table: TableDescriptor,
  column: ColumnDescriptor,
  node: Node,
): Expression {
  if ("SetToDefault" in node) return defaultOf(site.environment, table, column);
  return bindExpression(site, node);
}

/** (a, b) = (SELECT …). */
function bindMultiSource(site: Site, source: Node, columnCount: number): readonly Expression[] {
  if (!("SubLink" in source)) {
    throw new SqlError(
      "feature_not_supported",
      "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
      { position: startOfNode(site.environment.source, source) },
    );
  }
  const position = site.environment.position(source.SubLink.location);
  const plan = bindSubqueryPlan(site, source.SubLink.subselect, position);
  if (plan.columns.length !== columnCount) throw columnCountMismatch(position);
  return rowFields(plan, position);
}

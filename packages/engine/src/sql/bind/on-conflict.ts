import { SqlError, notSupported } from "#base/errors.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import { indexesOf } from "#catalog/snapshot.ts";
import type { InferClause, OnConflictClause, RangeVar } from "#sql/parse/ast.ts";
import { bindAssignments } from "./assignment.ts";
import { bindCondition } from "./expression-binding.ts";
import type { Environment, QueryRequest } from "./environment.ts";
import { tableItem } from "./from-item.ts";
import { sideBySide } from "./from-join.ts";
import type { OnConflict } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";

/** ON CONFLICT [target] DO NOTHING | DO UPDATE SET … [WHERE …]. */
export function bindOnConflict(
  environment: Environment,
  clause: OnConflictClause,
  target: {
    readonly table: TableDescriptor;
    readonly relation: RangeVar;
    readonly request: QueryRequest;
  },
): OnConflict {
  const { table, relation, request } = target;
  const indexIds = arbiters(environment, table, clause.infer);
  if (clause.action !== "ONCONFLICT_UPDATE") return { indexIds, action: { kind: "nothing" } };
  if (clause.infer === undefined) {
    throw new SqlError(
      "syntax_error",
      "ON CONFLICT DO UPDATE requires inference specification or constraint name",
      {
        hint: "For example, ON CONFLICT (column_name).",
        position: environment.position(clause.location),
      },
    );
  }
  // Both rows are in sight under their own names, so a bare column name is ambiguous.
  const excluded: RangeVar = { relname: table.name, alias: { aliasname: "excluded" } };
  const both = sideBySide(
    tableItem(environment, table, relation),
    tableItem(environment, table, excluded),
    false,
  );
  const scope = new Scope(undefined, request.ctes);
  scope.relations = both.relations;
  scope.columns = both.columns;
  const assignments = bindAssignments(
    { environment, scope, clause: clauses.update },
    table,
    clause.targetList ?? [],
  );
  const where =
    clause.whereClause === undefined
      ? undefined
      : bindCondition(
          { environment, scope, clause: clauses.onConflictWhere },
          clause.whereClause,
          "WHERE",
        );
  return { indexIds, action: { kind: "update", assignments, where } };
}

/** The unique indexes that the conflict target means. */
function arbiters(
  environment: Environment,
  table: TableDescriptor,
  infer: InferClause | undefined,
): readonly number[] {
  if (infer === undefined) return [];
  const unique = indexesOf(table).filter((index) => index.unique);
  if (infer.conname !== undefined) {
    const index = unique.find((one) => one.isConstraint && one.name === infer.conname);
    if (index !== undefined) return [index.id];
    throw new SqlError(
      "undefined_object",
      `constraint "${infer.conname}" for table "${table.name}" does not exist`,
    );
  }
  if (infer.whereClause !== undefined) throw notSupported("a partial index in ON CONFLICT");
  const wanted = new Set<number>();
  for (const element of infer.indexElems ?? []) {
    if (!("IndexElem" in element) || element.IndexElem.name === undefined) {
      throw notSupported("an expression in ON CONFLICT");
    }
    const name = element.IndexElem.name;
    const column = table.columns.find((one) => one.name === name && !one.hidden);
    if (column === undefined) {
      throw new SqlError("undefined_column", `column "${name}" does not exist`, {
        position: environment.position(infer.location),
      });
    }
    wanted.add(column.id);
  }
  const matching = unique.filter(
    (index) =>
      index.columnIds.length === wanted.size && index.columnIds.every((id) => wanted.has(id)),
  );
  if (matching.length > 0) return matching.map((index) => index.id);
  throw new SqlError(
    "invalid_column_reference",
    "there is no unique or exclusion constraint matching the ON CONFLICT specification",
  );
}

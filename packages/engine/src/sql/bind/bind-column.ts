import { SqlError } from "#base/errors.ts";
import type { ColumnRef } from "#sql/parse/ast.ts";
import { databaseName } from "#catalog/builtin-objects.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { nameParts } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { liftExpression } from "./expression-walk.ts";
import { invalidFromReference, missingColumn } from "./missing-name.ts";
import type { Scope, ScopeColumn, ScopeRelation } from "./scope.ts";
import type { Site } from "./site.ts";
import { typeRef } from "./type-ref.ts";

interface QualifiedColumnName {
  readonly schema: string | undefined;
  readonly relation: string | undefined;
  readonly column: string;
}

/** A column of the query or of one around it; a bare relation name is its whole row. */
export function bindColumnReference(site: Site, node: ColumnRef): Expression {
  const position = site.environment.position(node.location);
  const parts = nameParts(node.fields);
  if (site.clause.name === "DEFAULT expressions") {
    throw new SqlError(
      "feature_not_supported",
      "cannot use column reference in DEFAULT expression",
      { position },
    );
  }
  if (parts.at(-1) === "*") {
    // f(t.*) gets the row as one value.
    const [alias, ...others] = parts.slice(0, -1).toReversed();
    const schema = others[0];
    const row = alias === undefined ? undefined : findWholeRow(site, alias, schema, position);
    if (row !== undefined) return row;
    throw alias === undefined
      ? new SqlError("syntax_error", 'row expansion via "*" is not supported here', { position })
      : invalidFromReference(site.scope, alias, position);
  }
  const name = splitName(parts, position);
  return name.relation === undefined
    ? bindUnqualified(site, name.column, position)
    : bindQualified(site, { ...name, relation: name.relation }, position);
}

function splitName(parts: readonly string[], position: number | undefined): QualifiedColumnName {
  const column = parts.at(-1) ?? "";
  const relation = parts.length > 1 ? parts.at(-2) : undefined;
  const schema = parts.length > 2 ? parts.at(-3) : undefined;
  if (parts.length > 4) {
    throw new SqlError(
      "syntax_error",
      `improper qualified name (too many dotted names): ${parts.join(".")}`,
      { position },
    );
  }
  if (parts.length === 4 && parts[0] !== databaseName) {
    throw new SqlError(
      "feature_not_supported",
      `cross-database references are not implemented: ${parts.join(".")}`,
      { position },
    );
  }
  return { schema, relation, column };
}

function bindUnqualified(site: Site, name: string, position: number | undefined): Expression {
  let depth = 0;
  for (let scope: Scope | undefined = site.scope; scope !== undefined; scope = scope.parent) {
    const found = findColumn(scope.columns, name, position);
    if (found !== undefined) return reach(site, scope, depth, found.expression, position);
    depth++;
  }
  const row = findWholeRow(site, name, undefined, position);
  if (row !== undefined) return row;
  throw missingColumn(site.scope, undefined, name, position);
}

/** The row of the relation that has this alias, here or further out. */
function findWholeRow(
  site: Site,
  alias: string,
  schema: string | undefined,
  position: number | undefined,
): Expression | undefined {
  let depth = 0;
  for (let scope: Scope | undefined = site.scope; scope !== undefined; scope = scope.parent) {
    const relation = findRelation(scope, alias, schema, position);
    if (relation !== undefined) return wholeRow(site, scope, depth, relation, position);
    depth++;
  }
  return undefined;
}

function bindQualified(
  site: Site,
  name: QualifiedColumnName & { readonly relation: string },
  position: number | undefined,
): Expression {
  let depth = 0;
  for (let scope: Scope | undefined = site.scope; scope !== undefined; scope = scope.parent) {
    const relation = findRelation(scope, name.relation, name.schema, position);
    if (relation !== undefined) {
      const column = findColumn(relation.columns, name.column, position);
      if (column !== undefined) return reach(site, scope, depth, column.expression, position);
      throw missingColumn(site.scope, name.relation, name.column, position);
    }
    depth++;
  }
  throw invalidFromReference(site.scope, name.relation, position);
}

function findColumn(
  columns: readonly ScopeColumn[],
  name: string,
  position: number | undefined,
): ScopeColumn | undefined {
  let found: ScopeColumn | undefined;
  for (const column of columns) {
    if (column.name !== name || column.hidden) continue;
    if (found !== undefined) {
      throw new SqlError("ambiguous_column", `column reference "${name}" is ambiguous`, {
        position,
      });
    }
    found = column;
  }
  return found;
}

function findRelation(
  scope: Scope,
  alias: string,
  schema: string | undefined,
  position: number | undefined,
): ScopeRelation | undefined {
  let found: ScopeRelation | undefined;
  for (const relation of scope.relations) {
    if (relation.alias !== alias || relation.hiddenBy !== undefined) continue;
    if (schema !== undefined && relation.schema !== schema) continue;
    if (found !== undefined) {
      throw new SqlError("ambiguous_alias", `table reference "${alias}" is ambiguous`, {
        position,
      });
    }
    found = relation;
  }
  return found;
}

/** The expression of a scope's column as seen from the site. */
function reach(
  site: Site,
  scope: Scope,
  depth: number,
  expression: Expression,
  position: number | undefined,
): Expression {
  markReferences(site, scope, depth);
  const lifted = liftExpression(expression, depth);
  return { ...lifted, position };
}

function markReferences(site: Site, target: Scope, depth: number): void {
  if (depth === 0) return;
  target.isReferenced = true;
  for (let scope: Scope | undefined = site.scope; scope !== target; scope = scope?.parent) {
    if (scope !== undefined) scope.isPassed = true;
  }
}

function wholeRow(
  site: Site,
  scope: Scope,
  depth: number,
  relation: ScopeRelation,
  position: number | undefined,
): Expression {
  const shown = relation.columns.filter((column) => !column.hidden);
  const fields = shown.map((column) => reach(site, scope, depth, column.expression, position));
  // A function that gives one unnamed column is that column, not a row of it.
  const [only] = fields;
  if (fields.length === 1 && only !== undefined && relation.isScalarFunction === true) return only;
  const names = shown.map((column) => column.name);
  return { kind: "row", fields, names, result: typeRef(oids.record), position };
}

/** `(t).a` where t is a relation in FROM. Undefined when the name is something else. */
export function findWholeRowColumn(
  site: Site,
  node: ColumnRef,
  field: string,
): Expression | undefined {
  const parts = nameParts(node.fields);
  const [alias] = parts;
  if (parts.length !== 1 || alias === undefined) return undefined;
  const position = site.environment.position(node.location);
  let depth = 0;
  for (let scope: Scope | undefined = site.scope; scope !== undefined; scope = scope.parent) {
    if (findColumn(scope.columns, alias, position) !== undefined) return undefined;
    const relation = findRelation(scope, alias, undefined, position);
    if (relation !== undefined) {
      const column = findColumn(relation.columns, field, position);
      if (column !== undefined) return reach(site, scope, depth, column.expression, position);
      throw missingColumn(site.scope, alias, field, position);
    }
    depth++;
  }
  return undefined;
}

export interface StarColumn {
  readonly name: string;
  readonly expression: Expression;
  readonly tableId: number;
  readonly attributeNumber: number;
}

/** The columns of `*` or `t.*`; undefined when the reference is no star. */
export function expandStar(site: Site, node: ColumnRef): readonly StarColumn[] | undefined {
  const fields = node.fields ?? [];
  const last = fields.at(-1);
  if (last === undefined || !("A_Star" in last)) return undefined;
  const position = site.environment.position(node.location);
  if (fields.length === 1) {
    if (site.scope.relations.length === 0) {
      throw new SqlError("syntax_error", "SELECT * with no tables specified is not valid", {
        position,
      });
    }
    return site.scope.columns.filter((column) => !column.hidden);
  }
  const parts = nameParts(fields);
  const alias = parts.at(-2) ?? "";
  const schema = parts.length > 2 ? parts.at(-3) : undefined;
  let depth = 0;
  for (let scope: Scope | undefined = site.scope; scope !== undefined; scope = scope.parent) {
    const relation = findRelation(scope, alias, schema, position);
    if (relation !== undefined) {
      const owner = scope;
      const distance = depth;
      return relation.columns
        .filter((column) => !column.hidden)
        .map((column) => ({
          ...column,
          expression: reach(site, owner, distance, column.expression, position),
        }));
    }
    depth++;
  }
  throw invalidFromReference(site.scope, alias, position);
}

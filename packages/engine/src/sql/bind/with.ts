import { SqlError, notSupported } from "#base/errors.ts";
import type { CommonTableExpr, SelectStmt, WithClause } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { formatType } from "#sql/types/type.ts";
import { coerceColumns } from "./coerce-columns.ts";
import { CteFrame } from "./cte-frame.ts";
import { nameParts } from "./environment.ts";
import type { Environment, QueryRequest } from "./environment.ts";
import type { OutputColumn, QueryPlan, WithPlan } from "./query-plan.ts";
import { targetPosition } from "./set-operation.ts";
import { textType } from "./type-ref.ts";

type BoundCte = WithPlan["ctes"][number];

/** Binds the queries of WITH in order, each seeing those before it, then the body. */
export function bindWith(
  environment: Environment,
  clause: WithClause,
  request: QueryRequest,
  bindBody: (request: QueryRequest) => QueryPlan,
): QueryPlan {
  const frame = new CteFrame(request.ctes ?? request.parent?.ctes);
  const inner: QueryRequest = { ...request, ctes: frame };
  const names = new Set<string>();
  const ctes: BoundCte[] = [];
  for (const node of clause.ctes ?? []) {
    if (!("CommonTableExpr" in node)) continue;
    const cte = node.CommonTableExpr;
    const name = cte.ctename ?? "";
    if (names.has(name)) {
      throw new SqlError("duplicate_alias", `WITH query name "${name}" specified more than once`, {
        position: environment.position(cte.location),
      });
    }
    names.add(name);
    ctes.push(
      bindCte(environment, cte, { frame, request: inner, recursive: clause.recursive === true }),
    );
  }
  const body = bindBody(inner);
  return { kind: "with", ctes, body, columns: body.columns };
}

interface CtePlace {
  readonly frame: CteFrame;
  readonly request: QueryRequest;
  readonly recursive: boolean;
}

function bindCte(environment: Environment, cte: CommonTableExpr, place: CtePlace): BoundCte {
  const name = cte.ctename ?? "";
  const query = cte.ctequery;
  const position = environment.position(cte.location);
  if (cte.search_clause !== undefined) throw notSupported("SEARCH", { position });
  if (cte.cycle_clause !== undefined) throw notSupported("CYCLE", { position });
  if (query === undefined) throw notSupported("WITH query");
  const id = environment.newCteId();
  const request: QueryRequest = {
    parent: place.request.parent,
    ctes: place.frame,
  };
  let plan: QueryPlan;
  let isReadable = true;
  if ("SelectStmt" in query) {
    const select = query.SelectStmt;
    plan =
      place.recursive && mentionsRelation(select, name)
        ? bindRecursive(environment, cte, select, { ...place, id, request })
        : renamed(environment, environment.bindQuery(select, request), cte);
  } else {
    if (place.request.isTop !== true) {
      throw new SqlError(
        "feature_not_supported",
        "WITH clause containing a data-modifying statement must be at the top level",
        { position },
      );
    }
    const modification = environment.bindModification(query, request);
    isReadable = modification.returnsRows;
    plan = renamed(environment, modification.plan, cte);
  }
  place.frame.set({ id, name, columns: plan.columns, isReadable, onReference: undefined });
  const materialized =
    cte.ctematerialized === "CTEMaterializeAlways"
      ? true
      : cte.ctematerialized === "CTEMaterializeNever"
        ? false
        : undefined;
  return { id, name, plan, materialized };
}

/** Gives the columns the names that WITH name (a, b) lists. */
function renamed(environment: Environment, plan: QueryPlan, cte: CommonTableExpr): QueryPlan {
  const columns = renamedColumns(environment, plan.columns, cte);
  return columns === plan.columns ? plan : { ...plan, columns };
}

function renamedColumns(
  environment: Environment,
  columns: readonly OutputColumn[],
  cte: CommonTableExpr,
): readonly OutputColumn[] {
  const names = nameParts(cte.aliascolnames);
  if (names.length === 0) return columns;
  if (names.length > columns.length) {
    throw new SqlError(
      "invalid_column_reference",
      `WITH query "${cte.ctename ?? ""}" has ${columns.length} columns available but ${names.length} columns specified`,
      { position: environment.position(cte.location) },
    );
  }
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

/** Start UNION [ALL] step, where the step reads the rows of the round before under the query's own name. */
function bindRecursive(
  environment: Environment,
  cte: CommonTableExpr,
  select: SelectStmt,
  place: CtePlace & { readonly id: number; readonly request: QueryRequest },
): QueryPlan {
  const name = cte.ctename ?? "";
  const position = environment.position(cte.location);
  const { larg, rarg } = select;
  if (select.op !== "SETOP_UNION" || larg === undefined || rarg === undefined) {
    throw new SqlError(
      "invalid_recursion",
      `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
      { position },
    );
  }
  if (mentionsRelation(larg, name)) {
    throw new SqlError(
      "invalid_recursion",
      `recursive reference to query "${name}" must not appear within its non-recursive term`,
      { position },
    );
  }
  if (select.sortClause !== undefined) {
    throw notSupported("ORDER BY in a recursive query", { position });
  }
  if (select.limitCount !== undefined || select.limitOffset !== undefined) {
    throw notSupported("LIMIT in a recursive query", { position });
  }
  if (select.withClause !== undefined) {
    throw notSupported("WITH inside a recursive query", { position });
  }
  const bound = environment.bindQuery(larg, place.request);
  const settled = coerceColumns(
    environment,
    bound,
    bound.columns.map((column) => (column.type.oid === oids.unknown ? textType : column)),
  );
  const columns = renamedColumns(
    environment,
    settled.columns.map((column) => ({ ...column, tableId: 0, attributeNumber: 0 })),
    cte,
  );
  let references = 0;
  place.frame.set({
    id: place.id,
    name,
    columns,
    isReadable: true,
    onReference: (reference) => {
      references++;
      if (references > 1) {
        throw new SqlError(
          "invalid_recursion",
          `recursive reference to query "${name}" must not appear more than once`,
          { position: reference },
        );
      }
    },
  });
  const step = environment.bindQuery(rarg, { ...place.request, keepUnknown: true });
  if (step.columns.length !== columns.length) {
    throw new SqlError("syntax_error", "each UNION query must have the same number of columns");
  }
  const coerced = coerceStep(environment, { name, start: larg }, step, columns);
  return {
    kind: "recursive",
    cteId: place.id,
    start: settled,
    step: coerced,
    distinct: select.all !== true,
    columns,
  };
}

/** The step must give the start's types; it does not widen them. */
function coerceStep(
  environment: Environment,
  query: { readonly name: string; readonly start: SelectStmt },
  step: QueryPlan,
  columns: readonly OutputColumn[],
): QueryPlan {
  step.columns.forEach((column, index) => {
    const wanted = columns[index];
    if (wanted === undefined || wanted.type.oid === column.type.oid) return;
    if (wanted.type.category !== column.type.category || column.type.oid === oids.unknown) return;
    if (!wanted.type.preferred && numericRank(column.type.oid) > numericRank(wanted.type.oid)) {
      throw new SqlError(
        "datatype_mismatch",
        `recursive query "${query.name}" column ${index + 1} has type ${formatType(wanted.type.oid, wanted.typmod)} in non-recursive term but type ${formatType(column.type.oid, column.typmod)} overall`,
        {
          hint: "Cast the output of the non-recursive term to the correct type.",
          position: targetPosition(environment, query.start, index),
        },
      );
    }
  });
  return coerceColumns(environment, step, columns);
}

const numericOrder: readonly number[] = [
  oids.int2,
  oids.int4,
  oids.int8,
  oids.numeric,
  oids.float4,
  oids.float8,
];

function numericRank(oid: number): number {
  return numericOrder.indexOf(oid);
}

/** Whether a name without schema is read anywhere in the tree. An inner WITH of the same name counts too. */
function mentionsRelation(tree: unknown, name: string): boolean {
  if (Array.isArray(tree)) return tree.some((item) => mentionsRelation(item, name));
  if (typeof tree !== "object" || tree === null) return false;
  if (
    "RangeVar" in tree &&
    typeof tree.RangeVar === "object" &&
    tree.RangeVar !== null &&
    "relname" in tree.RangeVar &&
    tree.RangeVar.relname === name &&
    !("schemaname" in tree.RangeVar)
  ) {
    return true;
  }
  return Object.values(tree).some((value) => mentionsRelation(value, name));
}

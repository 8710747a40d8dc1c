import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { BoundStatement, QueryStatement } from "#sql/bind/statement.ts";
import type { ModifyPlan, OutputColumn, QueryPlan } from "#sql/bind/query-plan.ts";
import { compilePlan } from "#sql/execute/compile-plan.ts";
import type { Operator } from "#sql/execute/operator.ts";
import { compilePointStatement } from "#sql/execute/point-program.ts";
import type { PointProgram } from "#sql/execute/point-program.ts";
import { optimise } from "#sql/optimise/optimise.ts";
import type { OptimiserContext } from "#sql/optimise/optimise.ts";
import { recognisePointStatement } from "#sql/optimise/recognise-point-statement.ts";

/**
 * A query that is ready to run: bound, optimised and compiled. Immutable and without state of any
 * run, so one serves every session for which the text means the same.
 */
export class PlannedQuery {
  readonly command: QueryStatement["command"];
  readonly isReadOnly: boolean;
  readonly plan: QueryPlan;
  readonly tables: readonly TableDescriptor[];
  readonly columns: readonly OutputColumn[] | undefined;
  readonly parameterTypeOids: readonly number[];
  /** The catalog it was planned under; undefined: one that is not committed. */
  readonly catalogVersion: number | undefined;
  /** Names tables, real or virtual: what it means depends on the catalog. */
  readonly readsCatalog: boolean;
  readonly isReusable: boolean;
  /** The statement's own change, whose row count the command tag tells. */
  readonly modify: ModifyPlan | undefined;
  readonly point: PointProgram | undefined;
  #operator: Operator | undefined;

  constructor(
    bound: BoundStatement,
    query: QueryStatement,
    catalogVersion: number | undefined,
    context: OptimiserContext,
  ) {
    this.command = query.command;
    this.isReadOnly = query.isReadOnly;
    this.plan = optimise(query.plan, context);
    this.tables = bound.tables;
    this.columns = bound.columns;
    this.parameterTypeOids = bound.parameterTypeOids;
    this.catalogVersion = catalogVersion;
    this.readsCatalog = bound.tables.length > 0 || readsVirtualTables(this.plan);
    this.isReusable = bound.isReusable;
    this.modify = topModify(this.plan);
    const point = recognisePointStatement(this.plan);
    this.point = point === undefined ? undefined : compilePointStatement(point);
  }

  get operator(): Operator {
    this.#operator ??= compilePlan(this.plan);
    return this.#operator;
  }
}

function topModify(plan: QueryPlan): ModifyPlan | undefined {
  if (plan.kind === "modify") return plan.modify;
  return plan.kind === "with" ? topModify(plan.body) : undefined;
}

/** Looks through everything in the plan that is an object: subqueries sit inside expressions. */
function readsVirtualTables(plan: QueryPlan): boolean {
  const seen = new Set<object>();
  const look = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null || seen.has(value)) return false;
    seen.add(value);
    if ("kind" in value && value.kind === "virtualScan") return true;
    if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) return false;
    return Object.values(value).some(look);
  };
  return look(plan);
}

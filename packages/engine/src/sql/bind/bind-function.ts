import { SqlError, notSupported } from "#base/errors.ts";
import type { FuncCall, GroupingFunc } from "#sql/parse/ast.ts";
import type { SetReturningFunction } from "#sql/types/function.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { findTypeByName } from "#sql/types/type.ts";
import { bindAggregate } from "./bind-aggregate-call.ts";
import {
  bindArguments,
  functionName,
  prepareArguments,
  resolveCall,
  scalarCall,
} from "./function-call.ts";
import { bindExpression } from "./expression-binding.ts";
import { bindWindowCall } from "./bind-window-call.ts";
import { coerce } from "./coerce.ts";
import type { Expression } from "./expression.ts";
import type { Site } from "./site.ts";
import { int4Type, typeRef } from "./type-ref.ts";

/** A call by name: scalar function, aggregate, window function, set-returning function, or a cast in disguise. */
export function bindFunctionCall(site: Site, node: FuncCall): Expression {
  const position = site.environment.position(node.location);
  const name = functionName(node, position);
  if (node.over !== undefined) return bindWindowCall(site, node, { name, position });
  const args = bindArguments(site, node);
  const asCast = typeNameCall(site, name, args, position);
  if (asCast !== undefined) return asCast;
  const resolved = resolveCall(site.environment, { name, args, node, position });
  switch (resolved.function.kind) {
    case "scalar":
      refuseAggregateSyntax(node, name, position);
      return scalarCall(site.environment, {
        fn: resolved.function,
        resolved,
        args,
        position,
      });
    case "aggregate":
      return bindAggregate(site, { node, name, fn: resolved.function, resolved, args, position });
    case "set":
      refuseAggregateSyntax(node, name, position);
      return bindSetFunction(site, {
        name,
        fn: resolved.function,
        resolved,
        args,
        position,
      });
    case "window":
      throw new SqlError("wrong_object_type", `window function ${name} requires an OVER clause`, {
        position,
      });
  }
}

/** date('2020-01-01'), int4(x): a type's name used as a function of one argument. */
function typeNameCall(
  site: Site,
  name: string,
  args: readonly Expression[],
  position: number | undefined,
): Expression | undefined {
  const [arg] = args;
  if (args.length !== 1 || arg === undefined) return undefined;
  if (site.environment.catalog.functions.functions(name).length > 0) return undefined;
  const type = findTypeByName(name);
  if (type === undefined || type.kind === "pseudo") return undefined;
  const cast = coerce(site.environment, arg, typeRef(type.oid), "explicit");
  return cast === undefined ? undefined : { ...cast, position };
}

function refuseAggregateSyntax(node: FuncCall, name: string, position: number | undefined): void {
  const refuse = (words: string): never => {
    throw new SqlError(
      "wrong_object_type",
      `${words} specified, but ${name} is not an aggregate function`,
      { position },
    );
  };
  if (node.agg_star === true) {
    throw new SqlError(
      "wrong_object_type",
      `${name}(*) specified, but ${name} is not an aggregate function`,
      { position },
    );
  }
  if (node.agg_distinct === true) refuse("DISTINCT");
  if (node.agg_within_group === true) refuse("WITHIN GROUP");
  if (node.agg_order !== undefined) refuse("ORDER BY");
  if (node.agg_filter !== undefined) refuse("FILTER");
}

/** In a target list: rows come of it. In FROM it is bound elsewhere. */
function bindSetFunction(
  site: Site,
  call: {
    readonly name: string;
    readonly fn: SetReturningFunction;
    readonly resolved: ResolvedCall;
    readonly args: readonly Expression[];
    readonly position: number | undefined;
  },
): Expression {
  if (!site.clause.sets) {
    throw new SqlError(
      "feature_not_supported",
      `set-returning functions are not allowed in ${site.clause.name}`,
      { position: call.position },
    );
  }
  if (call.fn.columns.length !== 1) {
    throw notSupported(`${call.name} in a target list`, { position: call.position });
  }
  const result = typeRef(call.resolved.returnType);
  const args = prepareArguments(site.environment, call.resolved, call.args);
  const column = site.scope.addPending(
    { kind: "set", fn: call.fn, args, result },
    result,
    call.name,
  );
  return { ...column, position: call.position };
}

/** grouping(a, b): its arguments must be group expressions; checked when the groups are known. */
export function bindGroupingFunction(site: Site, node: GroupingFunc): Expression {
  const position = site.environment.position(node.location);
  if (!site.clause.aggregates) {
    throw new SqlError(
      "grouping_error",
      `grouping operations are not allowed in ${site.clause.name}`,
      { position },
    );
  }
  if ((node.args ?? []).length > 31) {
    throw new SqlError("too_many_arguments", "GROUPING must have fewer than 32 arguments", {
      position,
    });
  }
  const args = (node.args ?? []).map((arg) => bindExpression(site, arg));
  const column = site.scope.addPending({ kind: "grouping", args }, int4Type, "GROUPING");
  return { ...column, position };
}

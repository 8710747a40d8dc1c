import { SqlError, notSupported } from "#base/errors.ts";
import type { FuncCall, GroupingFunc, Node } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { ScalarFunction, SetReturningFunction } from "#sql/types/function.ts";
import { resolveFunction } from "#sql/types/resolve.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { findTypeByName } from "#sql/types/type.ts";
import { bindAggregate } from "./bind-aggregate-call.ts";
import { bindExpression } from "./bind-expression.ts";
import { bindWindowCall } from "./bind-window-call.ts";
import { coerce, coerceArgument } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
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

/** The bare name; functions live in pg_catalog alone. */
export function functionName(node: FuncCall, position: number | undefined): string {
  const parts = nameParts(node.funcname);
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  const name = parts.at(-1) ?? "";
  if (schema !== undefined && schema !== "pg_catalog" && schema !== "information_schema") {
    throw new SqlError("undefined_function", `function ${parts.join(".")} does not exist`, {
      hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
      position,
    });
  }
  return name;
}

export function bindArguments(site: Site, node: FuncCall): readonly Expression[] {
  return (node.args ?? []).map((arg: Node) => bindExpression(site, arg));
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

export interface CallRequest {
  readonly name: string;
  readonly args: readonly Expression[];
  readonly node: FuncCall;
  readonly position: number | undefined;
}

export function resolveCall(environment: Environment, request: CallRequest): ResolvedCall {
  const { name, args, node, position } = request;
  return resolveFunction(
    environment.catalog.functions,
    name,
    args.map((arg) => arg.result.type.oid),
    { variadicArray: node.func_variadic === true, position },
  );
}

/** The arguments as the function wants them: coerced, defaults added, variadic ones gathered. */
export function prepareArguments(
  environment: Environment,
  resolved: ResolvedCall,
  args: readonly Expression[],
): readonly Expression[] {
  const coerced = args.map((arg, index) =>
    settle(environment, coerceArgument(environment, arg, resolved.argTypes[index] ?? oids.any)),
  );
  resolved.defaultArgs.forEach((value, index) => {
    const oid = resolved.argTypes[args.length + index] ?? oids.text;
    coerced.push({ kind: "constant", value, result: typeRef(oid) });
  });
  if (resolved.variadicFrom === undefined) return coerced;
  const gathered = coerced.slice(resolved.variadicFrom);
  return [
    ...coerced.slice(0, resolved.variadicFrom),
    { kind: "array", items: gathered, result: typeRef(resolved.variadicArrayType) },
  ];
}

/** Arguments of "any" keep their type, but literals are text by then. */
function settle(environment: Environment, expression: Expression): Expression {
  return expression.result.type.oid === oids.unknown
    ? coerceArgument(environment, expression, oids.text)
    : expression;
}

export function scalarCall(
  environment: Environment,
  call: {
    readonly fn: ScalarFunction;
    readonly resolved: ResolvedCall;
    readonly args: readonly Expression[];
    readonly position: number | undefined;
  },
): Expression {
  return {
    kind: "call",
    fn: call.fn,
    args: prepareArguments(environment, call.resolved, call.args),
    syntax: "function",
    result: typeRef(call.resolved.returnType),
    position: call.position,
  };
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

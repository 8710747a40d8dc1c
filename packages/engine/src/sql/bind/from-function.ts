import { SqlError, notSupported } from "#base/errors.ts";
import type { FuncCall, Node, RangeFunction } from "#sql/parse/ast.ts";
import { bindExpression } from "./expression-binding.ts";
import { bindArguments, functionName, prepareArguments, resolveCall } from "./function-call.ts";
import { resolveUnknown } from "./coerce.ts";
import { outputName } from "./column-name.ts";
import { relationItem } from "./from-item.ts";
import type { FromItem, FromLevel } from "./from-item.ts";
import type { FunctionScanPlan, OutputColumn } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { int8Type, typeRef } from "./type-ref.ts";

type FunctionCall = FunctionScanPlan["calls"][number];

interface BoundFromCall {
  readonly call: FunctionCall;
  readonly columns: readonly OutputColumn[];
  /** One column without a name of its own. */
  readonly isUnnamed: boolean;
}

/** f(…) [WITH ORDINALITY] and ROWS FROM (f(…), g(…)) in FROM. */
export function bindFromFunction(level: FromLevel, node: RangeFunction): FromItem {
  if ((node.coldeflist ?? []).length > 0) {
    throw notSupported("a column definition list in FROM");
  }
  const site: Site = {
    environment: level.environment,
    scope: new Scope(level.outer, level.ctes),
    clause: clauses.from,
  };
  const calls = (node.functions ?? []).flatMap((entry) => {
    const items = "List" in entry ? (entry.List.items ?? []) : [entry];
    const [call] = items;
    if (call === undefined) return [];
    return splitUnnest(call).map((one) => bindCall(site, one, node.alias?.aliasname));
  });
  const columns = calls.flatMap((call) => call.columns);
  const withOrdinality = node.ordinality === true;
  if (withOrdinality) {
    columns.push({ ...int8Type, name: "ordinality", tableId: 0, attributeNumber: 0 });
  }
  const first = (node.functions ?? [])[0];
  const firstCall = first !== undefined && "List" in first ? first.List.items?.[0] : first;
  const alias = node.alias?.aliasname ?? (firstCall === undefined ? "" : outputName(firstCall));
  const plan: FunctionScanPlan = {
    kind: "functionScan",
    calls: calls.map((call) => call.call),
    withOrdinality,
    alias,
    columns,
  };
  return relationItem(level.environment, plan, {
    alias,
    schema: undefined,
    table: undefined,
    columnAliases: node.alias,
    isScalarFunction: columns.length === 1 && calls[0]?.isUnnamed === true,
  });
}

/** unnest(a, b) in FROM means ROWS FROM (unnest(a), unnest(b)). */
function splitUnnest(node: Node): readonly Node[] {
  if (!("FuncCall" in node)) return [node];
  const call = node.FuncCall;
  const args = call.args ?? [];
  const name = call.funcname?.at(-1);
  const isUnnest = name !== undefined && "String" in name && name.String.sval === "unnest";
  if (!isUnnest || args.length < 2) return [node];
  return args.map((arg) => ({ FuncCall: { ...call, args: [arg] } }));
}

function bindCall(site: Site, node: Node, alias: string | undefined): BoundFromCall {
  if ("FuncCall" in node) {
    const bound = bindSetCall(site, node.FuncCall, alias);
    if (bound !== undefined) return bound;
  }
  const scalar = resolveUnknown(site.environment, bindExpression(site, node));
  return {
    call: { fn: undefined, scalar, args: [], width: 1 },
    columns: [
      { ...scalar.result, name: alias ?? outputName(node), tableId: 0, attributeNumber: 0 },
    ],
    isUnnamed: true,
  };
}

/** Undefined when the function gives one value: it is bound as an expression then. */
function bindSetCall(
  site: Site,
  node: FuncCall,
  alias: string | undefined,
): BoundFromCall | undefined {
  const { environment } = site;
  const position = environment.position(node.location);
  const name = functionName(node, position);
  const overloads = environment.catalog.functions.functions(name);
  if (!overloads.some((overload) => overload.kind !== "scalar")) return undefined;
  if (node.over !== undefined) {
    throw new SqlError("windowing_error", "window functions are not allowed in functions in FROM", {
      position,
    });
  }
  const args = bindArguments(site, node);
  const resolved = resolveCall(environment, { name, args, node, position });
  const fn = resolved.function;
  if (fn.kind === "scalar") return undefined;
  if (fn.kind === "aggregate") {
    throw new SqlError(
      "grouping_error",
      "aggregate functions are not allowed in functions in FROM",
      { position },
    );
  }
  if (fn.kind === "window") {
    throw new SqlError("wrong_object_type", `window function ${name} requires an OVER clause`, {
      position,
    });
  }
  const columns = fn.columns.map((column): OutputColumn => ({
    ...typeRef(fn.columns.length === 1 ? resolved.returnType : column.typeOid),
    name: column.name === "" ? (alias ?? name) : column.name,
    tableId: 0,
    attributeNumber: 0,
  }));
  return {
    call: {
      fn,
      scalar: undefined,
      args: prepareArguments(environment, resolved, args),
      width: columns.length,
    },
    columns,
    isUnnamed: fn.columns.length === 1 && fn.columns[0]?.name === "",
  };
}

import { SqlError, notSupported } from "#base/errors.ts";
import type { FuncCall, WindowDef } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { aggregateCall, refuseSets } from "./bind-aggregate-call.ts";
import { bindExpression } from "./expression-binding.ts";
import { bindArguments, prepareArguments, resolveCall } from "./function-call.ts";
import { bindSortKey } from "./bind-sort-key.ts";
import { coerce, coerceArgument, resolveUnknown } from "./coerce.ts";
import type { Expression, FrameBound, SortKey, WindowFrame } from "./expression.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { int8Type, typeRef } from "./type-ref.ts";

/** Bits of WindowDef.frameOptions, as the grammar sets them. */
const frameBits = {
  isWritten: 0x1,
  range: 0x2,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedPreceding: 0x40,
  startUnboundedFollowing: 0x80,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startOffsetPreceding: 0x800,
  endOffsetPreceding: 0x1000,
  startOffsetFollowing: 0x2000,
  endOffsetFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const;

interface BoundWindow {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
}

/** f(…) OVER (…) or OVER name. */
export function bindWindowCall(
  site: Site,
  node: FuncCall,
  call: { readonly name: string; readonly position: number | undefined },
): Expression {
  const { name, position } = call;
  if (!site.clause.windows) {
    throw new SqlError(
      "windowing_error",
      `window functions are not allowed in ${site.clause.name}`,
      {
        position,
      },
    );
  }
  if (site.inside !== undefined) {
    throw new SqlError(
      site.inside === "window" ? "windowing_error" : "grouping_error",
      site.inside === "window"
        ? "window function calls cannot be nested"
        : "aggregate function calls cannot contain window function calls",
      { position },
    );
  }
  const inner: Site = { ...site, inside: undefined };
  const args = bindArguments({ ...inner, inside: "window" }, node);
  refuseSets(site, args, "window function calls");
  const resolved = resolveCall(site.environment, { name, args, node, position });
  const fn = resolved.function;
  if (fn.kind !== "window" && fn.kind !== "aggregate") {
    throw new SqlError(
      "wrong_object_type",
      `OVER specified, but ${name} is not a window function nor an aggregate function`,
      { position },
    );
  }
  if (node.agg_distinct === true) {
    throw new SqlError(
      "feature_not_supported",
      "DISTINCT is not implemented for window functions",
      { position },
    );
  }
  if (node.agg_order !== undefined) {
    throw new SqlError(
      "feature_not_supported",
      "aggregate ORDER BY is not implemented for window functions",
      { position },
    );
  }
  if (fn.kind === "window" && node.agg_filter !== undefined) {
    throw new SqlError(
      "feature_not_supported",
      "FILTER is not implemented for non-aggregate window functions",
      { position },
    );
  }
  const window = bindWindow(inner, node.over, position);
  const result = typeRef(resolved.returnType);
  const aggregate =
    fn.kind === "aggregate"
      ? aggregateCall(inner, { node, name, fn, resolved, args, position })
      : undefined;
  const column = site.scope.addPending(
    {
      kind: "window",
      call: {
        fn,
        args: aggregate?.args ?? prepareArguments(site.environment, resolved, args),
        filter: aggregate?.filter,
        frame: window.frame,
        result,
      },
      partitionBy: window.partitionBy,
      orderBy: window.orderBy,
    },
    result,
    `${name}() OVER (?)`,
  );
  return { ...column, position };
}

/**
 * A window as written, resolved against the named windows it builds on. `within`: it is the body of
 * that named window, and sees only those defined before.
 */
function bindWindow(
  site: Site,
  definition: WindowDef | undefined,
  position: number | undefined,
  within?: string,
): BoundWindow {
  if (definition === undefined) throw notSupported("OVER without a window", { position });
  const referenced = definition.name ?? definition.refname;
  const base =
    referenced === undefined ? undefined : findWindow(site, referenced, definition, within);
  if (base !== undefined && definition.name !== undefined) {
    // OVER w takes the window whole, its frame included.
    return bindWindow(site, unnamed(base), position, referenced);
  }
  if (base !== undefined && ((base.frameOptions ?? 0) & frameBits.isWritten) !== 0) {
    throw new SqlError(
      "windowing_error",
      `cannot copy window "${referenced ?? ""}" because it has a frame clause`,
      { position: site.environment.position(definition.location) },
    );
  }
  const inherited =
    base === undefined ? undefined : bindWindow(site, unnamed(base), position, referenced);
  const inner: Site = { ...site, clause: clauses.windowPartition };
  if (inherited !== undefined && definition.partitionClause !== undefined) {
    throw new SqlError(
      "windowing_error",
      `cannot override PARTITION BY clause of window "${referenced ?? ""}"`,
      { position: site.environment.position(definition.location) },
    );
  }
  if (
    inherited !== undefined &&
    inherited.orderBy.length > 0 &&
    definition.orderClause !== undefined
  ) {
    throw new SqlError(
      "windowing_error",
      `cannot override ORDER BY clause of window "${referenced ?? ""}"`,
      { position: site.environment.position(definition.location) },
    );
  }
  const partitionBy =
    inherited?.partitionBy ??
    (definition.partitionClause ?? []).map((item) =>
      resolveUnknown(site.environment, bindExpression(inner, item)),
    );
  const orderBy =
    definition.orderClause === undefined && inherited !== undefined
      ? inherited.orderBy
      : (definition.orderClause ?? []).map((item) => bindSortKey(inner, item));
  return { partitionBy, orderBy, frame: bindFrame(inner, definition, orderBy) };
}

/** The body of a named window. What it builds on stays named. */
function unnamed(window: WindowDef): WindowDef {
  const { name: _, ...body } = window;
  return body;
}

function findWindow(
  site: Site,
  name: string,
  definition: WindowDef,
  within: string | undefined,
): WindowDef | undefined {
  if (name === "") return undefined;
  for (const [defined, window] of site.scope.windows) {
    if (defined === within) break;
    if (defined === name) return window;
  }
  throw new SqlError("undefined_object", `window "${name}" does not exist`, {
    position: site.environment.position(definition.location),
  });
}

function bindFrame(site: Site, definition: WindowDef, orderBy: readonly SortKey[]): WindowFrame {
  const options = definition.frameOptions ?? 0;
  const has = (bit: number): boolean => (options & bit) !== 0;
  const mode = has(frameBits.rows) ? "rows" : has(frameBits.groups) ? "groups" : "range";
  const position = site.environment.position(definition.location);
  if (mode === "groups" && orderBy.length === 0) {
    throw new SqlError("windowing_error", "GROUPS mode requires an ORDER BY clause", { position });
  }
  const bound = (which: "start" | "end"): FrameBound => {
    const isStart = which === "start";
    if (has(isStart ? frameBits.startUnboundedPreceding : frameBits.endUnboundedPreceding)) {
      return { kind: "unboundedPreceding" };
    }
    if (has(isStart ? frameBits.startUnboundedFollowing : frameBits.endUnboundedFollowing)) {
      return { kind: "unboundedFollowing" };
    }
    const preceding = has(isStart ? frameBits.startOffsetPreceding : frameBits.endOffsetPreceding);
    const following = has(isStart ? frameBits.startOffsetFollowing : frameBits.endOffsetFollowing);
    const node = isStart ? definition.startOffset : definition.endOffset;
    if ((preceding || following) && node !== undefined) {
      const offset = bindExpression(site, node);
      return {
        kind: preceding ? "preceding" : "following",
        offset: frameOffset(site, offset, mode, orderBy, position),
      };
    }
    return { kind: "currentRow" };
  };
  const exclude = has(frameBits.excludeCurrentRow)
    ? "current row"
    : has(frameBits.excludeGroup)
      ? "group"
      : has(frameBits.excludeTies)
        ? "ties"
        : "no others";
  const start: FrameBound = options === 0 ? { kind: "unboundedPreceding" } : bound("start");
  return { mode, start, end: bound("end"), exclude };
}

function frameOffset(
  site: Site,
  offset: Expression,
  mode: WindowFrame["mode"],
  orderBy: readonly SortKey[],
  position: number | undefined,
): Expression {
  if (mode !== "range") {
    const coerced = coerce(site.environment, offset, int8Type, "assignment");
    if (coerced !== undefined) return coerced;
    throw new SqlError(
      "datatype_mismatch",
      `argument of ${mode.toUpperCase()} must be type bigint`,
      {
        position: offset.position,
      },
    );
  }
  const [key] = orderBy;
  if (orderBy.length !== 1 || key === undefined) {
    throw new SqlError(
      "windowing_error",
      "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
      { position },
    );
  }
  const keyOid = key.expression.result.type.oid;
  const category = key.expression.result.type.category;
  return coerceArgument(site.environment, offset, category === "D" ? oids.interval : keyOid);
}

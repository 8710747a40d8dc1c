import { notSupported } from "#base/errors.ts";
import type { SQLValueFunction } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum } from "#sql/types/datum.ts";
import type { EvalContext, ScalarFunction } from "#sql/types/function.ts";
import { coerce } from "./coerce.ts";
import type { Expression } from "./expression.ts";
import type { Site } from "./site.ts";
import { typeRef } from "./type-ref.ts";

/** CURRENT_TIMESTAMP and its kin: functions that SQL writes without parentheses. */
export function bindValueFunction(site: Site, node: SQLValueFunction): Expression {
  const position = site.environment.position(node.location);
  const typmod = node.typmod ?? -1;
  switch (node.op) {
    case "SVFOP_CURRENT_TIMESTAMP":
    case "SVFOP_CURRENT_TIMESTAMP_N":
      return timeFunction(site, "CURRENT_TIMESTAMP", typeRef(oids.timestamptz, typmod), position);
    case "SVFOP_CURRENT_DATE":
      return timeFunction(site, "CURRENT_DATE", typeRef(oids.date), position);
    case "SVFOP_LOCALTIMESTAMP":
    case "SVFOP_LOCALTIMESTAMP_N":
      return timeFunction(site, "LOCALTIMESTAMP", typeRef(oids.timestamp, typmod), position);
    case "SVFOP_LOCALTIME":
    case "SVFOP_LOCALTIME_N":
      return timeFunction(site, "LOCALTIME", typeRef(oids.time, typmod), position);
    case "SVFOP_CURRENT_USER":
      return nameFunction("CURRENT_USER", (context) => context.session.currentUser, position);
    case "SVFOP_CURRENT_ROLE":
      return nameFunction("CURRENT_ROLE", (context) => context.session.currentUser, position);
    case "SVFOP_USER":
      return nameFunction("USER", (context) => context.session.currentUser, position);
    case "SVFOP_SESSION_USER":
      return nameFunction("SESSION_USER", (context) => context.session.sessionUser, position);
    case "SVFOP_CURRENT_CATALOG":
      return nameFunction("CURRENT_CATALOG", (context) => context.session.database, position);
    case "SVFOP_CURRENT_SCHEMA":
      return nameFunction(
        "CURRENT_SCHEMA",
        (context) => context.session.searchPath[0] ?? null,
        position,
      );
    default:
      throw notSupported("CURRENT_TIME", { position });
  }
}

function valueFunction(
  name: string,
  oid: number,
  read: (context: EvalContext) => Datum,
  position: number | undefined,
): Expression & { readonly kind: "call" } {
  const fn: ScalarFunction = {
    kind: "scalar",
    name,
    argTypes: [],
    variadic: false,
    defaults: [],
    returnType: oid,
    strict: true,
    volatility: "stable",
    evaluate: (_args, context) => read(context),
    unary: undefined,
    binary: undefined,
    specialise: undefined,
  };
  return { kind: "call", fn, args: [], syntax: "function", result: typeRef(oid), position };
}

function nameFunction(
  label: string,
  read: (context: EvalContext) => string | null,
  position: number | undefined,
): Expression {
  return valueFunction(label, oids.name, read, position);
}

/** The transaction's time, as the type that the word stands for. */
function timeFunction(
  site: Site,
  label: string,
  target: Expression["result"],
  position: number | undefined,
): Expression {
  const read = (context: EvalContext): Datum => context.transactionTimestamp;
  const now = valueFunction(label, oids.timestamptz, read, position);
  const oid = target.type.oid;
  const cast = coerce(site.environment, now, typeRef(oid), "explicit");
  let value: Expression = now;
  if (cast?.kind === "call" && cast !== now) {
    // One function that does both, so that the whole is shown under its SQL name.
    const { fn } = cast;
    value = valueFunction(label, oid, (context) => fn.evaluate([read(context)], context), position);
  }
  return coerce(site.environment, value, target, "explicit") ?? value;
}

import type { Node } from "#sql/parse/ast.ts";
import { coerceToBoolean } from "./coerce.ts";
import type { Expression } from "./expression.ts";
import type { Site } from "./site.ts";

/** Binds one expression of the statement in its place. Quoted literals and NULL stay of unknown type. */
export function bindExpression(site: Site, node: Node): Expression {
  return site.environment.bindExpression(site, node);
}

/** Binds an expression that must be boolean; `construct` names the place in the error. */
export function bindCondition(site: Site, node: Node, construct: string): Expression {
  return coerceToBoolean(site.environment, bindExpression(site, node), construct);
}

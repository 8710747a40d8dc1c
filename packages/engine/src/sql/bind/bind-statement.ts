import { notSupported } from "#base/errors.ts";
import type { Node } from "#sql/parse/ast.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import type { BindCatalog } from "./bind-catalog.ts";
import type { Expression } from "./expression.ts";
import type { BoundStatement } from "./statement.ts";

/**
 * Decides every name and type of a statement. `parameterTypeOids` are the types the client gave
 * for $1, $2 …; 0 or absent: to be inferred. Errors are PostgreSQL's, with positions.
 */
export function bindStatement(
  statement: ParsedStatement,
  catalog: BindCatalog,
  parameterTypeOids: readonly number[],
): BoundStatement {
  throw notSupported("statement");
}

/** EXECUTE's arguments, coerced to the prepared statement's parameter types. */
export function bindExecuteArguments(
  argumentNodes: readonly Node[],
  catalog: BindCatalog,
  target: { readonly name: string; readonly parameterTypeOids: readonly number[] },
): readonly Expression[] {
  throw notSupported("EXECUTE");
}

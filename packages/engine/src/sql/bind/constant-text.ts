import type { Node } from "#sql/parse/ast.ts";

/** A constant of the grammar as text, whatever its type. */
export function constantText(node: Extract<Node, { A_Const: unknown }>): string {
  const { ival, fval, sval, boolval } = node.A_Const;
  if (sval !== undefined) return sval.sval ?? "";
  if (fval !== undefined) return fval.fval ?? "";
  if (ival !== undefined) return String(ival.ival ?? 0);
  if (boolval !== undefined) return boolval.boolval === true ? "true" : "false";
  return "";
}

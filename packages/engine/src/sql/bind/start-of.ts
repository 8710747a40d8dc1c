import type { SourceText } from "#sql/parse/source-text.ts";
import { childrenOf } from "./expression-walk.ts";
import type { Expression } from "./expression.ts";

/** Where an expression begins in the statement: an operator's own position is that of its symbol. */
export function startOf(expression: Expression): number | undefined {
  let start = expression.position;
  for (const child of childrenOf(expression)) {
    const other = startOf(child);
    if (other !== undefined && (start === undefined || other < start)) start = other;
  }
  return start;
}

/** The same for a node of the grammar's tree: the least location anywhere in it. */
export function startOfNode(source: SourceText, node: object): number | undefined {
  return source.position(leastLocation(node) ?? -1);
}

function leastLocation(node: object): number | undefined {
  let least: number | undefined;
  const consider = (location: number | undefined): void => {
    if (location !== undefined && (least === undefined || location < least)) least = location;
  };
  if ("location" in node) {
    if (typeof node.location === "number" && node.location >= 0) consider(node.location);
  } else if (locatedTags.some((tag) => tag in node)) {
    // A location of zero is left out, so a node that always has one begins the text.
    const body: unknown = Object.values(node)[0];
    if (typeof body === "object" && body !== null && !("location" in body)) consider(0);
  }
  for (const value of Object.values(node)) {
    if (typeof value === "object" && value !== null) consider(leastLocation(value));
  }
  return least;
}

/** Nodes that always carry a location of their own. */
const locatedTags = ["ColumnRef", "A_Const", "FuncCall", "ParamRef", "SubLink", "RowExpr"];

import { notSupported } from "#base/errors.ts";
import type { Node } from "#sql/parse/ast.ts";
import { expandStar } from "./bind-column.ts";
import { bindExpression } from "./expression-binding.ts";
import { resolveUnknown } from "./coerce.ts";
import { outputName } from "./column-name.ts";
import type { Expression } from "./expression.ts";
import type { OutputColumn } from "./query-plan.ts";
import type { Site } from "./site.ts";

/** One column of the output, or one computed only for ORDER BY and DISTINCT ON. */
export interface Target {
  readonly name: string;
  readonly expression: Expression;
  readonly tableId: number;
  readonly attributeNumber: number;
  readonly isJunk: boolean;
}

/** Binds a SELECT or RETURNING list; `row` is the shape of the row it is over, for the origin of plain columns. */
export function bindTargetList(
  site: Site,
  nodes: readonly Node[],
  row: readonly OutputColumn[],
  keepUnknown = false,
): Target[] {
  return nodes.flatMap((node): readonly Target[] => {
    if (!("ResTarget" in node) || node.ResTarget.val === undefined) {
      throw notSupported("target list item");
    }
    const { name, val } = node.ResTarget;
    if ("ColumnRef" in val) {
      const star = expandStar(site, val.ColumnRef);
      if (star !== undefined) return star.map((column) => ({ ...column, isJunk: false }));
    }
    if ("A_Indirection" in val && isStarIndirection(val.A_Indirection.indirection)) {
      const star = expandWholeRow(site, val.A_Indirection.arg);
      if (star !== undefined) return star;
    }
    const bound = bindExpression(site, val);
    const expression = keepUnknown ? bound : resolveUnknown(site.environment, bound);
    const origin = originOf(expression, row);
    return [
      {
        name: name ?? outputName(val),
        expression,
        tableId: origin?.tableId ?? 0,
        attributeNumber: origin?.attributeNumber ?? 0,
        isJunk: false,
      },
    ];
  });
}

function originOf(expression: Expression, row: readonly OutputColumn[]): OutputColumn | undefined {
  return expression.kind === "column" && expression.slot >= 0 ? row[expression.slot] : undefined;
}

function isStarIndirection(indirection: readonly Node[] | undefined): boolean {
  const last = indirection?.at(-1);
  return indirection?.length === 1 && last !== undefined && "A_Star" in last;
}

/** (t).* is t.*. */
function expandWholeRow(site: Site, arg: Node | undefined): readonly Target[] | undefined {
  if (arg === undefined || !("ColumnRef" in arg)) return undefined;
  const fields = [...(arg.ColumnRef.fields ?? []), { A_Star: {} }];
  const star = expandStar(site, { ...arg.ColumnRef, fields });
  return star?.map((column) => ({ ...column, isJunk: false }));
}

export function targetColumn(target: Target): OutputColumn {
  return {
    ...target.expression.result,
    name: target.name,
    tableId: target.tableId,
    attributeNumber: target.attributeNumber,
  };
}

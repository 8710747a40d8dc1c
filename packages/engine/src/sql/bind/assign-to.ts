import { SqlError } from "#base/errors.ts";
import type { ColumnDescriptor } from "#catalog/descriptor.ts";
import { formatType } from "#sql/types/type.ts";
import { coerce } from "./coerce.ts";
import type { Environment } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { startOf } from "./start-of.ts";
import { typeRef } from "./type-ref.ts";

/** The value as the column holds it, by assignment casts; 42804 when there is none. */
export function assignTo(
  environment: Environment,
  column: ColumnDescriptor,
  value: Expression,
): Expression {
  const target = typeRef(column.type.oid, column.type.typmod);
  const coerced = coerce(environment, value, target, "assignment");
  if (coerced !== undefined) return coerced;
  throw new SqlError(
    "datatype_mismatch",
    `column "${column.name}" is of type ${formatType(column.type.oid)} but expression is of type ${formatType(value.result.type.oid)}`,
    { hint: "You will need to rewrite or cast the expression.", position: startOf(value) },
  );
}

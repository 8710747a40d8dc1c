import { SqlError, notSupported } from "#base/errors.ts";
import type { Node, TypeName } from "#sql/parse/ast.ts";
import { arrayTypeOf, findTypeByName, typmodFromArguments } from "#sql/types/type.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { TypeRef } from "./expression.ts";
import { typeRef } from "./type-ref.ts";

/** The type that a type name in the statement means; 42704 when there is none. */
export function bindTypeName(environment: Environment, typeName: TypeName): TypeRef {
  const position = environment.position(typeName.location);
  const parts = nameParts(typeName.names);
  const name = parts.at(-1) ?? "";
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  if (typeName.pct_type === true) throw notSupported("%TYPE", { position });
  if (typeName.setof === true) {
    throw new SqlError("datatype_mismatch", `type ${name} cannot be a set`, { position });
  }
  const type = schema === undefined || schema === "pg_catalog" ? findTypeByName(name) : undefined;
  if (type === undefined) {
    const serial = serialName(name);
    if (serial !== undefined) throw notSupported(serial, { position });
    const shown = parts.join(".") + "[]".repeat(typeName.arrayBounds?.length ?? 0);
    throw new SqlError("undefined_object", `type "${shown}" does not exist`, { position });
  }
  const modifiers = (typeName.typmods ?? []).map((node) => modifierValue(node, position));
  let typmod = -1;
  try {
    typmod = typmodFromArguments(type, modifiers);
  } catch (error) {
    throw error instanceof SqlError ? error.with({ position }) : error;
  }
  if ((typeName.arrayBounds?.length ?? 0) > 0) return typeRef(arrayTypeOf(type.oid), typmod);
  return typeRef(type.oid, typmod);
}

function serialName(name: string): string | undefined {
  switch (name) {
    case "serial":
    case "serial4":
    case "bigserial":
    case "serial8":
    case "smallserial":
    case "serial2":
      return name;
    default:
      return undefined;
  }
}

function modifierValue(node: Node, position: number | undefined): number {
  if ("A_Const" in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0;
  throw new SqlError("syntax_error", "type modifiers must be simple constants or identifiers", {
    position,
  });
}

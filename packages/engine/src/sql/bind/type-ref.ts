import { oids } from "#sql/types/builtin-types.ts";
import { getType } from "#sql/types/type.ts";
import type { TypeRef } from "./expression.ts";

/** A type reference without modifier has one object per type. */
const plain = new Map<number, TypeRef>();

export function typeRef(oid: number, typmod = -1): TypeRef {
  if (typmod !== -1) return { type: getType(oid), typmod };
  let ref = plain.get(oid);
  if (ref === undefined) {
    ref = { type: getType(oid), typmod: -1 };
    plain.set(oid, ref);
  }
  return ref;
}

export const boolType = typeRef(oids.bool);
export const int4Type = typeRef(oids.int4);
export const int8Type = typeRef(oids.int8);
export const textType = typeRef(oids.text);
export const unknownType = typeRef(oids.unknown);

export function sameType(left: TypeRef, right: TypeRef): boolean {
  return left.type.oid === right.type.oid && left.typmod === right.typmod;
}

import type { SqlFunction } from "#sql/types/function.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";

/** Where the oids of functions begin; below first user objects, above PostgreSQL's own types. */
const firstFunctionOid = 10_000_000;

interface Numbered {
  readonly byOid: readonly SqlFunction[];
  readonly oids: ReadonlyMap<SqlFunction, number>;
}

const numbered = new WeakMap<FunctionRegistry, Numbered>();

function numbering(registry: FunctionRegistry): Numbered {
  let known = numbered.get(registry);
  if (known === undefined) {
    const byOid = [...registry.all()];
    known = { byOid, oids: new Map(byOid.map((fn, at) => [fn, firstFunctionOid + at])) };
    numbered.set(registry, known);
  }
  return known;
}

/** A function's oid in pg_proc: its place in the registry, the same on every node of one build. */
export function functionOid(registry: FunctionRegistry, fn: SqlFunction): number {
  return numbering(registry).oids.get(fn) ?? 0;
}

export function findFunctionByOid(
  registry: FunctionRegistry,
  oid: number,
): SqlFunction | undefined {
  return numbering(registry).byOid[oid - firstFunctionOid];
}

export function* functionsWithOids(
  registry: FunctionRegistry,
): Generator<readonly [number, SqlFunction]> {
  for (const [at, fn] of numbering(registry).byOid.entries()) yield [firstFunctionOid + at, fn];
}

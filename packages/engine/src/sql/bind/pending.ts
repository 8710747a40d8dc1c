import type { Expression, SortKey, TypeRef, WindowCall } from "./expression.ts";
import type { SetReturningFunction } from "#sql/types/function.ts";

/** A window function call before its window has a node. */
export interface PendingWindow {
  readonly kind: "window";
  readonly call: WindowCall;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
}

/** A set-returning function in a target list. */
export interface PendingSet {
  readonly kind: "set";
  readonly fn: SetReturningFunction;
  readonly args: readonly Expression[];
  readonly result: TypeRef;
}

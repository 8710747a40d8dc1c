/** A node's number, given by the operator and never reused. From 1. */
export type NodeId = number;

/** A range's number, which operators call its shard number. From 1, never reused. */
export type RangeId = number;

/** One life of one range on one node; grows each time the range is added to the node again. */
export type ReplicaId = number;

/** Half-open span of keys [start, end). An absent end is the end of the keyspace. */
export interface Span {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

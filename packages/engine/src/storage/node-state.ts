import { InvariantViolation } from "#base/assert.ts";
import type { Timestamp } from "#base/hlc.ts";
import type { NodeId } from "#base/ids.ts";
import type { OrderedStore } from "./ordered-store.ts";

/** Whose data folder this is. */
export interface StoreIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
}

/**
 * What a node remembers about itself: whose folder this is, how far its clock may have gone, and
 * the incarnation of each peer it supported. Each change is durable when its promise resolves.
 */
export class NodeState {
  /** Throws DataFolderError when the folder is of an unknown format. */
  static open(_backend: OrderedStore): NodeState {
    throw new InvariantViolation("not written yet");
  }

  /** Undefined for a folder that was never used. */
  get identity(): StoreIdentity | undefined {
    throw new InvariantViolation("not written yet");
  }

  /** Throws DataFolderError, naming both, when the folder already belongs to someone else. */
  claim(_identity: StoreIdentity): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** How often the node was started on this folder; `nextIncarnation` raises it by one. */
  get incarnation(): number {
    throw new InvariantViolation("not written yet");
  }

  nextIncarnation(): Promise<number> {
    throw new InvariantViolation("not written yet");
  }

  /** No timestamp above this was given out before the last stop. */
  get clockUpperBound(): Timestamp {
    throw new InvariantViolation("not written yet");
  }

  setClockUpperBound(_bound: Timestamp): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** The incarnation of each peer that this node last supported. */
  peerIncarnations(): ReadonlyMap<NodeId, number> {
    throw new InvariantViolation("not written yet");
  }

  setPeerIncarnation(_peer: NodeId, _incarnation: number): Promise<void> {
    throw new InvariantViolation("not written yet");
  }
}

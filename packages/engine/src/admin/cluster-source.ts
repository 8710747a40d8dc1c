import type { NodeId, RangeId, Span } from "#base/ids.ts";
import type { Cancel } from "#runtime/ports.ts";
import type { NodeReport } from "./node-report.ts";
import type { Liveness, Membership, ReplicaRole } from "./topology.ts";

/** What the admin service needs to know of the cluster; node/ answers it from cluster/ and range/. */
export interface ClusterSource {
  readonly clusterId: string;
  readonly self: NodeId;
  readonly replicationFactor: number;
  /** Every node that ever joined, by number. */
  members(): readonly MemberFacts[];
  /** Every range, by start key. */
  ranges(): readonly RangeFacts[];
  contact(node: NodeId): Contact;
  /** This node's own report. */
  report(): NodeReport;
  /** Called when membership, liveness, a lease or a range descriptor changed. */
  onChange(handler: () => void): Cancel;
}

export interface MemberFacts {
  readonly nodeId: NodeId;
  readonly version: string;
  readonly grpcAddress: string;
  readonly sqlAddress: string;
  readonly healthAddress: string;
  readonly locality: ReadonlyMap<string, string>;
  readonly membership: Membership;
}

export interface RangeFacts {
  readonly rangeId: RangeId;
  readonly generation: number;
  readonly span: Span;
  readonly replicas: readonly { readonly nodeId: NodeId; readonly role: ReplicaRole }[];
  /** As far as this node knows; undefined when no lease is valid. */
  readonly leaseholder: NodeId | undefined;
}

/** What this node's heartbeats say of another node. */
export interface Contact {
  readonly liveness: Liveness;
  readonly lastHeardMs: number;
  readonly clockOffsetMs: number;
  readonly roundTripMs: number;
}

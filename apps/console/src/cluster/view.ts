import type {
  Health,
  HealthCheck,
  Liveness,
  Membership,
  ProcessFigures,
  ReplicaSummary,
} from "./evidence.ts";
import type { Problem } from "./problems.ts";

/**
 * What a node is to an operator, from its own answer and from what the others say of it.
 *
 * - `down`: neither the console nor the other nodes hear it.
 * - `unreachable`: the other nodes hear it, the console does not.
 * - `isolated`: it answers the console, and the other nodes do not hear it.
 * - `unknown`: nobody has said anything about it yet.
 */
export type Condition =
  | "ready"
  | "degraded"
  | "bootstrapping"
  | "notReady"
  | "down"
  | "unreachable"
  | "isolated"
  | "unknown";

export interface NodeView {
  /** 0 while a configured address has never answered. */
  readonly nodeId: number;
  readonly address: string;
  readonly sqlAddress: string;
  readonly healthAddress: string;
  readonly version: string;
  readonly locality: Readonly<Record<string, string>>;
  readonly membership: Membership;
  readonly condition: Condition;
  /** One plain sentence behind the condition. */
  readonly detail: string;
  /** When the node stopped answering the console, while it does not. */
  readonly silentSinceMs: number | undefined;
  /** When the console last had an answer from the node itself; its figures are of this moment. */
  readonly answeredAtMs: number | undefined;
  readonly error: string | undefined;
  readonly health: Health;
  /** What the other nodes say, when one of them says it at present. */
  readonly peerLiveness: Liveness | undefined;
  readonly checks: readonly HealthCheck[];
  readonly process: ProcessFigures | undefined;
  readonly leaseCount: number;
  readonly replicaCount: number;
  readonly startedAtMs: number | undefined;
  readonly residentBytes: number;
  readonly cpuFraction: number;
  readonly sqlConnections: number;
  readonly statementsPerSecond: number;
  /** This node's clock minus that of the node that gave the topology. */
  readonly clockOffsetMs: number | undefined;
  /** From the node that gave the topology to this one and back. */
  readonly roundTripMs: number | undefined;
  readonly consoleRoundTripMs: number | undefined;
}

/** `unknown` while no node that could know answers. */
export type Availability = "available" | "noLeaseholder" | "noQuorum" | "unknown";

export interface ReplicaView extends ReplicaSummary {
  /** True while its node counts for a quorum. */
  readonly alive: boolean;
}

/**
 * Whether the replicas hold the same: `converged` when every replica reported the same position and
 * the same count; `catchingUp` when positions differ; `differs` when counts differ at one position;
 * `partial` when a node did not report.
 */
export type Convergence =
  | { readonly kind: "converged" }
  | { readonly kind: "catchingUp"; readonly nodeId: number; readonly entries: number }
  | { readonly kind: "differs"; readonly nodeIds: readonly number[] }
  | { readonly kind: "partial"; readonly missing: readonly number[] };

export interface RangeView {
  readonly rangeId: string;
  readonly startLabel: string;
  readonly endLabel: string;
  readonly leaseholder: number;
  readonly term: number;
  readonly replicas: readonly ReplicaView[];
  readonly availability: Availability;
  /** Replicas that may still fail before writes stop; undefined when unknown, -1 when they have stopped. */
  readonly failuresLeft: number | undefined;
  readonly convergence: Convergence;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

/** The cluster as the console sees it at one moment. Times are by the console's clock. */
export interface ClusterView {
  /** Grows with every view that is published; never reused. */
  readonly revision: string;
  readonly atMs: number;
  readonly clusterId: string | undefined;
  readonly replicationFactor: number;
  /** Who gave the ranges and when; undefined when nobody ever did. */
  readonly topology: { readonly fromNode: number; readonly receivedAtMs: number } | undefined;
  readonly nodes: readonly NodeView[];
  readonly ranges: readonly RangeView[];
  /** When the newest recorded change was seen; undefined when none is recorded. */
  readonly lastChangeAtMs: number | undefined;
  /** Worst first. */
  readonly problems: readonly Problem[];
}

/** The console answers for a figure that is at most this old; beyond, it is shown as held. */
export const probeIntervalMs = 1_000;

export function answers(node: NodeView): boolean {
  return node.silentSinceMs === undefined && node.answeredAtMs !== undefined;
}

/** Whether the ranges are shown from a topology of now, not from memory. */
export function topologyIsCurrent(view: ClusterView, nowMs: number): boolean {
  return view.topology !== undefined && nowMs - view.topology.receivedAtMs <= topologyFreshMs;
}

/** A topology older than this is not evidence about the present. */
export const topologyFreshMs = 3_000;

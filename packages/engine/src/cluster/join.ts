import type { NodeId } from "#base/ids.ts";
import type { NodeAddresses } from "./node-record.ts";

/** What a node asks of a member: to be one too, or to have its new addresses written down. */
export interface JoinRequest {
  readonly nodeId: NodeId;
  readonly addresses: NodeAddresses;
  readonly locality: ReadonlyMap<string, string>;
  readonly version: string;
  /** Set when the node's store already belongs to a cluster. */
  readonly clusterId: string | undefined;
  readonly wallMs: number;
}

export interface JoinPeer {
  readonly nodeId: NodeId;
  readonly grpcAddress: string;
}

export interface JoinResponse {
  readonly clusterId: string;
  /** All other members. */
  readonly peers: readonly JoinPeer[];
  readonly wallMs: number;
}

/** The way to a member whose number is not known yet; `rpc` has the one over gRPC. */
export interface JoinClient {
  /** Throws JoinRefused when the member said no; anything else means it was not reached. */
  join(address: string, request: JoinRequest): Promise<JoinResponse>;
}

/** Answers JoinClient. Throws JoinRefused. */
export interface JoinServer {
  handleJoin(request: JoinRequest): Promise<JoinResponse>;
}

export type JoinRefusalReason =
  | "nodeIdInUse"
  | "otherCluster"
  | "clockOffset"
  | "removed"
  /** The member cannot write the record now; ask again. */
  | "unavailable";

/** The message is one line for the operator of the node that wants in. */
export class JoinRefused extends Error {
  override readonly name = "JoinRefused";
  readonly reason: JoinRefusalReason;

  constructor(reason: JoinRefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

import { assert } from "#base/assert.ts";
import { isSqlError } from "#base/errors.ts";
import type { NodeId } from "#base/ids.ts";
import { nodeKey } from "#base/keys.ts";
import { clockOffsetMsMax, type HlcClock } from "#range/hlc-clock.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Disk, Network, Runtime } from "#runtime/ports.ts";
import type { ClusterView } from "./cluster-view.ts";
import {
  JoinRefused,
  type JoinClient,
  type JoinRequest,
  type JoinResponse,
  type JoinServer,
} from "./join.ts";
import type { LivenessTable } from "./liveness-table.ts";
import { Members } from "./members.ts";
import { decodeNodeRecord, encodeNodeRecord, type NodeAddresses } from "./node-record.ts";
import { LocalClusterView } from "./local-cluster-view.ts";
import { RangeDirectory } from "./range-directory.ts";
import { ReplicaCare } from "./replica-care.ts";
import { ReplicaReports } from "./replica-reports.ts";
import type { SystemRecords } from "./system-records.ts";

/** Whose data folder this is; storage's NodeState is one. */
export interface IdentityStore {
  readonly identity: { readonly clusterId: string; readonly nodeId: NodeId } | undefined;
  claim(identity: { readonly clusterId: string; readonly nodeId: NodeId }): Promise<void>;
}

export interface ClusterNodeOptions {
  readonly runtime: Runtime;
  readonly nodeId: NodeId;
  readonly addresses: NodeAddresses;
  readonly locality: ReadonlyMap<string, string>;
  readonly version: string;
  /** Replicas that a range should have. Odd. */
  readonly replicationFactor: number;
  readonly identity: IdentityStore;
  /** Holds the file `peers`: where the other nodes were last. */
  readonly disk: Disk;
  readonly hlc: HlcClock;
  readonly network: Network;
  readonly calls: Calls;
  readonly liveness: LivenessTable;
  readonly stores: Stores;
}

const joinRetryMs = 500;
/** A request may have been this long on its way when its clock is compared with ours. */
const joinDelayMsMax = 5_000;

/**
 * This node's part in the cluster: its membership, what it knows of the others, where ranges are, and
 * the care for their replicas. The order in which a node comes up:
 *
 *   HlcClock.open → LivenessTable.open → Stores.open → new ClusterNode → new DistributedKv
 *   → bootstrap | join | resume → start(kv.systemRecords) → … → close
 */
export class ClusterNode implements JoinServer {
  readonly directory: RangeDirectory;
  readonly view: ClusterView;
  readonly #options: ClusterNodeOptions;
  readonly #members: Members;
  readonly #reports: ReplicaReports;
  readonly #care: ReplicaCare;
  readonly #abort = new AbortController();
  #clusterId: string | undefined;
  #records: SystemRecords | undefined;

  constructor(options: ClusterNodeOptions) {
    this.#options = options;
    const { runtime, nodeId, stores, calls, liveness, replicationFactor } = options;
    const { clock } = runtime;
    this.#members = new Members({
      ...options,
      self: {
        nodeId,
        addresses: options.addresses,
        locality: options.locality,
        version: options.version,
        membership: "active",
      },
    });
    this.directory = new RangeDirectory({ stores, calls, peers: () => this.#members.peers });
    this.#reports = new ReplicaReports({ clock, nodeId, stores, calls });
    this.#care = new ReplicaCare({
      runtime,
      stores,
      members: this.#members,
      liveness,
      replicationFactor,
    });
    this.view = new LocalClusterView({
      clock,
      nodeId,
      replicationFactor,
      clusterId: () => this.#clusterId ?? "",
      members: this.#members,
      liveness,
      stores,
      directory: this.directory,
      reports: this.#reports,
    });
  }

  /** Undefined before bootstrap, join or resume. */
  get clusterId(): string | undefined {
    return this.#clusterId;
  }

  /** Makes a new cluster of this node alone. */
  async bootstrap(): Promise<void> {
    const { runtime, stores, identity, nodeId } = this.#options;
    // The range first: a crash between the two leaves a folder on which this can be run again.
    if (stores.replicaCount === 0) await stores.bootstrap();
    const clusterId = runtime.random.uuid();
    await identity.claim({ clusterId, nodeId });
    this.#clusterId = clusterId;
    runtime.log.info("cluster created", { clusterId });
  }

  /**
   * Asks the addresses one after the other, again and again, until one lets this node in. Throws
   * JoinRefused when a member said no for good, and the signal's reason.
   */
  async join(
    client: JoinClient,
    addresses: readonly string[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { runtime, identity, nodeId } = this.#options;
    const { clusterId, peers } = await this.#ask(client, addresses, undefined, signal);
    await this.#members.savePeers(peers);
    await identity.claim({ clusterId, nodeId });
    for (const peer of peers) this.#members.learnAddress(peer.nodeId, peer.grpcAddress);
    this.#clusterId = clusterId;
    runtime.log.info("joined the cluster", { clusterId, peers: peers.length });
  }

  /**
   * Takes up the life of a store that belongs to a cluster already. With a client, the others learn
   * of changed addresses in the background.
   */
  async resume(client: JoinClient | undefined, addresses: readonly string[]): Promise<void> {
    const { runtime, identity } = this.#options;
    assert(identity.identity !== undefined, "a store without identity has nothing to resume");
    const { clusterId } = identity.identity;
    this.#clusterId = clusterId;
    await this.#members.loadPeers();
    if (client === undefined || addresses.length === 0) return;
    this.#ask(client, addresses, clusterId, this.#abort.signal).then(
      ({ peers }) => {
        for (const peer of peers) this.#members.learnAddress(peer.nodeId, peer.grpcAddress);
      },
      (error: unknown) => {
        if (this.#abort.signal.aborted) return;
        if (error instanceof JoinRefused && error.reason !== "otherCluster") {
          runtime.log.warn("the cluster did not take this node's addresses", { error });
          return;
        }
        runtime.fatal("this node cannot go on in its cluster", error);
      },
    );
  }

  /** Heartbeats, serves and looks after ranges from now on. */
  start(records: SystemRecords): void {
    assert(this.#clusterId !== undefined, "a node starts after it has a cluster");
    this.#records = records;
    this.#options.liveness.start();
    this.#options.stores.start();
    this.#members.start(records);
    this.#reports.start();
    this.#care.start(records);
  }

  async handleJoin(request: JoinRequest): Promise<JoinResponse> {
    const { runtime, nodeId } = this.#options;
    const clusterId = this.#clusterId;
    const wallMs = runtime.clock.wallMs();
    if (clusterId === undefined || this.#records === undefined) {
      throw new JoinRefused("unavailable", "the member is still starting");
    }
    if (request.clusterId !== undefined && request.clusterId !== clusterId) {
      throw new JoinRefused(
        "otherCluster",
        `the data folder belongs to cluster ${request.clusterId}; this is cluster ${clusterId}`,
      );
    }
    const aheadMs = request.wallMs - wallMs;
    if (aheadMs > clockOffsetMsMax || aheadMs < -(clockOffsetMsMax + joinDelayMsMax)) {
      throw clockRefusal(aheadMs);
    }
    if (request.nodeId === nodeId) throw idRefusal(request.nodeId);
    await this.#admit(request, this.#records);
    this.#members.learnAddress(request.nodeId, request.addresses.grpc);
    await this.#members.refresh();
    return {
      clusterId,
      peers: this.#members.all
        .filter((record) => record.nodeId !== request.nodeId)
        .map((record) => ({ nodeId: record.nodeId, grpcAddress: record.addresses.grpc })),
      wallMs: runtime.clock.wallMs(),
    };
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error("the node stops"));
    this.#care.close();
    this.#reports.close();
    this.#members.close();
    await this.#members.refresh();
  }

  /** Writes the node's record, unless its number belongs to another store. */
  async #admit(request: JoinRequest, records: SystemRecords): Promise<void> {
    const { nodeId, addresses, locality, version } = request;
    try {
      await records.update(
        nodeKey(nodeId),
        (value) => {
          const known = value === undefined ? undefined : decodeNodeRecord(value);
          if (known?.membership === "removed") {
            throw new JoinRefused("removed", `node ${nodeId} was removed from the cluster`);
          }
          if (known !== undefined && request.clusterId === undefined) {
            const isSecondTry = known.addresses.grpc === addresses.grpc && !this.#isInUse(nodeId);
            if (!isSecondTry) throw idRefusal(nodeId);
          }
          return encodeNodeRecord({
            nodeId,
            addresses,
            locality,
            version,
            membership: known?.membership ?? "active",
          });
        },
        this.#abort.signal,
      );
    } catch (error) {
      if (!isSqlError(error)) throw error;
      throw new JoinRefused(
        "unavailable",
        `the cluster cannot take a node in now: ${error.message}`,
      );
    }
  }

  /** A range counts on the node, or the node was heard from. */
  #isInUse(nodeId: NodeId): boolean {
    const { liveness, stores } = this.#options;
    return (
      liveness.life(nodeId).state === "live" ||
      stores.replicas.some(
        ({ descriptor }) =>
          descriptor?.replicas.some((replica) => replica.nodeId === nodeId) === true,
      )
    );
  }

  async #ask(
    client: JoinClient,
    joinAddresses: readonly string[],
    clusterId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<JoinResponse> {
    const { runtime, nodeId, addresses, locality, version } = this.#options;
    for (;;) {
      for (const address of joinAddresses) {
        const sentAtMs = runtime.clock.wallMs();
        try {
          const response = await client.join(address, {
            nodeId,
            addresses,
            locality,
            version,
            clusterId,
            wallMs: sentAtMs,
          });
          checkClock(response.wallMs, { sentAtMs, receivedAtMs: runtime.clock.wallMs() });
          return response;
        } catch (error) {
          signal?.throwIfAborted();
          if (error instanceof JoinRefused && error.reason !== "unavailable") throw error;
          runtime.log.info("no member lets this node in yet", {
            address,
            reason: error instanceof Error ? error.message : String(error),
          });
        }
      }
      await runtime.clock.sleep(joinRetryMs * (0.5 + runtime.random.float()), signal);
    }
  }
}

/** The member's clock was read between sending and receiving. */
function checkClock(
  memberMs: number,
  ours: { readonly sentAtMs: number; readonly receivedAtMs: number },
): void {
  const { sentAtMs, receivedAtMs } = ours;
  if (sentAtMs - memberMs > clockOffsetMsMax) throw clockRefusal(sentAtMs - memberMs);
  if (memberMs - receivedAtMs > clockOffsetMsMax) throw clockRefusal(receivedAtMs - memberMs);
}

function clockRefusal(aheadMs: number): JoinRefused {
  const direction = aheadMs > 0 ? "ahead of" : "behind";
  return new JoinRefused(
    "clockOffset",
    `this node's clock is ${Math.abs(Math.round(aheadMs))} ms ${direction} the cluster's; at most ${clockOffsetMsMax} ms are allowed`,
  );
}

function idRefusal(nodeId: NodeId): JoinRefused {
  return new JoinRefused(
    "nodeIdInUse",
    `node id ${nodeId} belongs to another node of the cluster; choose one that was never used`,
  );
}

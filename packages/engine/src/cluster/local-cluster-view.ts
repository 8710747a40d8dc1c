import type { NodeId, RangeId } from "#base/ids.ts";
import type { RangeDescriptor } from "#range/range-descriptor.ts";
import type { Stores } from "#range/stores.ts";
import type { Cancel, Clock } from "#runtime/ports.ts";
import type {
  ClusterView,
  NodeView,
  RangeView,
  ReplicaReport,
  ReplicaView,
  TopologyView,
} from "./cluster-view.ts";
import type { LivenessTable } from "./liveness-table.ts";
import type { Members } from "./members.ts";
import type { RangeDirectory } from "./range-directory.ts";
import type { ReplicaReports } from "./replica-reports.ts";

export interface LocalClusterViewOptions {
  readonly clock: Clock;
  readonly nodeId: NodeId;
  readonly replicationFactor: number;
  readonly clusterId: () => string;
  readonly members: Members;
  readonly liveness: LivenessTable;
  readonly stores: Stores;
  readonly directory: RangeDirectory;
  readonly reports: ReplicaReports;
}

/** The cluster as one node sees it. */
export class LocalClusterView implements ClusterView {
  readonly nodeId: NodeId;
  readonly replicationFactor: number;
  readonly #options: LocalClusterViewOptions;

  constructor(options: LocalClusterViewOptions) {
    this.#options = options;
    this.nodeId = options.nodeId;
    this.replicationFactor = options.replicationFactor;
  }

  get clusterId(): string {
    return this.#options.clusterId();
  }

  nodes(): readonly NodeView[] {
    return this.#options.members.all.map((record) => {
      if (record.nodeId === this.nodeId) return this.#self(record);
      const { state, report, ...heard } = this.#options.liveness.life(record.nodeId);
      return { record, isSelf: false, liveness: state, report, ...heard };
    });
  }

  localReplicas(): readonly ReplicaReport[] {
    return this.#options.reports.local();
  }

  async topology(options: { readonly deadlineMs: number }): Promise<TopologyView> {
    const { clock, members, reports } = this.#options;
    const found = [...reports.local()];
    const missing: NodeId[] = [];
    const others = members.all.filter(
      ({ nodeId, membership }) => nodeId !== this.nodeId && membership !== "removed",
    );
    await Promise.all(
      others.map(async ({ nodeId }) => {
        try {
          found.push(...(await reports.of(nodeId, options.deadlineMs)));
        } catch {
          missing.push(nodeId);
        }
      }),
    );
    return {
      clusterId: this.clusterId,
      answeredBy: this.nodeId,
      answeredAtMs: clock.wallMs(),
      nodes: this.nodes(),
      ranges: this.#ranges(found, missing),
      missingNodes: missing.sort((a, b) => a - b),
      replicationFactor: this.replicationFactor,
    };
  }

  isServing(): boolean {
    const { directory, liveness, stores } = this.#options;
    const { locations } = directory;
    return (
      locations.length > 0 &&
      locations.every(({ descriptor, leaseholder }) =>
        leaseholder === this.nodeId
          ? stores.replica(descriptor.rangeId)?.isLeaseholder === true
          : leaseholder !== 0 && liveness.isLive(leaseholder),
      )
    );
  }

  onChange(handler: () => void): Cancel {
    const { liveness, stores, members } = this.#options;
    const stops = [liveness.onChange(handler), stores.onChange(handler), members.onChange(handler)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #self(record: NodeView["record"]): NodeView {
    return {
      record,
      isSelf: true,
      liveness: "live",
      lastHeardMs: this.#options.clock.wallMs(),
      report: this.#options.liveness.ownReport(),
      clockOffsetMs: 0,
      roundTripMs: 0,
    };
  }

  #ranges(reports: readonly ReplicaReport[], missing: readonly NodeId[]): readonly RangeView[] {
    const descriptors = new Map<RangeId, RangeDescriptor>();
    const known = [
      ...this.#options.directory.locations.map(({ descriptor }) => descriptor),
      ...reports.map(({ descriptor }) => descriptor),
    ];
    for (const descriptor of known) {
      const other = descriptors.get(descriptor.rangeId);
      if (other === undefined || other.generation < descriptor.generation) {
        descriptors.set(descriptor.rangeId, descriptor);
      }
    }
    return [...descriptors.values()]
      .sort((a, b) => a.rangeId - b.rangeId)
      .map((descriptor) =>
        this.#range(
          descriptor,
          reports.filter(({ rangeId }) => rangeId === descriptor.rangeId),
          missing,
        ),
      );
  }

  #range(
    descriptor: RangeDescriptor,
    reports: readonly ReplicaReport[],
    missing: readonly NodeId[],
  ): RangeView {
    const holder = reports.find(({ isLeaseholder }) => isLeaseholder);
    const replicas = descriptor.replicas.map((replica): ReplicaView => {
      const report = reports.find(({ nodeId }) => nodeId === replica.nodeId);
      return {
        ...replica,
        isLeaseholder: holder?.nodeId === replica.nodeId,
        report,
        problem:
          report !== undefined
            ? undefined
            : missing.includes(replica.nodeId)
              ? "no answer"
              : "no replica yet",
      };
    });
    return {
      descriptor,
      leaseholder: holder?.nodeId ?? 0,
      term: Math.max(0, ...reports.map(({ term }) => term)),
      replicas,
      failuresLeft: failuresLeft(replicas),
      readsPerSecond: holder?.readsPerSecond ?? 0,
      writesPerSecond: holder?.writesPerSecond ?? 0,
    };
  }
}

/** How many more voters may go before a majority is gone; a voter that did not report is gone. */
function failuresLeft(replicas: readonly ReplicaView[]): number {
  const voters = replicas.filter(({ role }) => role !== "learner");
  const up = voters.filter(({ report }) => report !== undefined).length;
  const quorum = Math.floor(voters.length / 2) + 1;
  return Math.max(-1, up - quorum);
}

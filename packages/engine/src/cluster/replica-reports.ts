import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { NodeId } from "#base/ids.ts";
import { readRangeDescriptor, writeRangeDescriptor } from "#range/range-descriptor.ts";
import type { Replica } from "#range/replica.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Cancel, Clock } from "#runtime/ports.ts";
import type { ReplicaReport } from "./cluster-view.ts";

const reportMethod = "cluster.replicas";
const sampleMs = 1_000;
const formatVersion = 1;
const raftStates = ["leader", "candidate", "follower", "learner"] as const;

interface Rates {
  reads: number;
  writes: number;
  readsPerSecond: number;
  writesPerSecond: number;
}

export interface ReplicaReportsOptions {
  readonly clock: Clock;
  readonly nodeId: NodeId;
  readonly stores: Stores;
  readonly calls: Calls;
}

/** This node's replicas' accounts of themselves, and those of other nodes on request. */
export class ReplicaReports {
  readonly #options: ReplicaReportsOptions;
  readonly #rates = new Map<Replica, Rates>();
  #stop: Cancel | undefined;

  constructor(options: ReplicaReportsOptions) {
    this.#options = options;
    options.calls.handle(reportMethod, () => Promise.resolve(encodeReports(this.local())));
  }

  start(): void {
    this.#stop = this.#options.clock.every(sampleMs, () => {
      this.#sample();
    });
  }

  close(): void {
    this.#stop?.();
  }

  local(): readonly ReplicaReport[] {
    const reports: ReplicaReport[] = [];
    for (const replica of this.#options.stores.replicas) {
      const report = this.#report(replica);
      if (report !== undefined) reports.push(report);
    }
    return reports;
  }

  /** Rejects when the node does not answer in time. */
  async of(node: NodeId, timeoutMs: number): Promise<readonly ReplicaReport[]> {
    const answer = await this.#options.calls.call(node, reportMethod, new Uint8Array(0), {
      timeoutMs,
    });
    return decodeReports(answer);
  }

  #report(replica: Replica): ReplicaReport | undefined {
    const { clock, nodeId, stores } = this.#options;
    const { descriptor, raft, rangeId, replicaId } = replica;
    if (descriptor === undefined) return undefined;
    const { liveKeys, liveBytes } = stores.statistics(rangeId);
    const rates = this.#rates.get(replica);
    return {
      rangeId,
      nodeId,
      replicaId,
      raftState: raftStateOf(replica),
      isLeaseholder: replica.isLeaseholder,
      term: raft.term,
      appliedIndex: raft.appliedIndex,
      commitIndex: raft.commitIndex,
      lastIndex: raft.lastIndex,
      recordCount: liveKeys,
      sizeBytes: liveBytes,
      readsPerSecond: rates?.readsPerSecond ?? 0,
      writesPerSecond: rates?.writesPerSecond ?? 0,
      reportedAtMs: clock.wallMs(),
      descriptor,
    };
  }

  #sample(): void {
    const replicas = new Set(this.#options.stores.replicas);
    for (const replica of this.#rates.keys()) {
      if (!replicas.has(replica)) this.#rates.delete(replica);
    }
    const perSecond = 1_000 / sampleMs;
    for (const replica of replicas) {
      const { reads, writes } = replica.figures;
      const before = this.#rates.get(replica) ?? { reads, writes };
      this.#rates.set(replica, {
        reads,
        writes,
        readsPerSecond: (reads - before.reads) * perSecond,
        writesPerSecond: (writes - before.writes) * perSecond,
      });
    }
  }
}

function raftStateOf({ raft }: Replica): ReplicaReport["raftState"] {
  if (raft.role === "leader") return "leader";
  if (raft.configuration.learners.includes(raft.self)) return "learner";
  return raft.role === "follower" ? "follower" : "candidate";
}

export function encodeReports(reports: readonly ReplicaReport[]): Uint8Array {
  const writer = new ByteWriter().u8(formatVersion).varint(reports.length);
  for (const report of reports) {
    writer
      .varint(report.rangeId)
      .varint(report.nodeId)
      .varint(report.replicaId)
      .u8(raftStates.indexOf(report.raftState))
      .boolean(report.isLeaseholder)
      .varint(report.term)
      .varint(report.appliedIndex)
      .varint(report.commitIndex)
      .varint(report.lastIndex)
      .varint(report.recordCount)
      .varint(report.sizeBytes)
      .f64(report.readsPerSecond)
      .f64(report.writesPerSecond)
      .varint(report.reportedAtMs);
    writeRangeDescriptor(writer, report.descriptor);
  }
  return writer.finish();
}

export function decodeReports(bytes: Uint8Array): readonly ReplicaReport[] {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`replica report format ${format}`);
  const reports: ReplicaReport[] = [];
  for (let count = reader.varint(); count > 0; count--) reports.push(readReport(reader));
  reader.expectEnd();
  return reports;
}

function readReport(reader: ByteReader): ReplicaReport {
  const rangeId = reader.varint();
  const nodeId = reader.varint();
  const replicaId = reader.varint();
  const raftState = raftStates[reader.u8()];
  if (raftState === undefined) throw new MalformedBytes("raft state");
  return {
    rangeId,
    nodeId,
    replicaId,
    raftState,
    isLeaseholder: reader.boolean(),
    term: reader.varint(),
    appliedIndex: reader.varint(),
    commitIndex: reader.varint(),
    lastIndex: reader.varint(),
    recordCount: reader.varint(),
    sizeBytes: reader.varint(),
    readsPerSecond: reader.f64(),
    writesPerSecond: reader.f64(),
    reportedAtMs: reader.varint(),
    descriptor: readRangeDescriptor(reader),
  };
}

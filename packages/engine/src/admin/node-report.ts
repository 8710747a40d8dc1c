import { MalformedBytes, ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { NodeId, RangeId } from "#base/ids.ts";
import type { HealthState } from "./topology.ts";

/** What a node says of itself when a peer assembles a topology. */
export interface NodeReport {
  readonly nodeId: NodeId;
  readonly version: string;
  readonly health: HealthState;
  readonly healthDetail: string;
  readonly startedAtMs: number;
  readonly residentBytes: number;
  readonly cpuFraction: number;
  readonly sqlConnections: number;
  readonly statementsPerSecond: number;
  readonly replicas: readonly ReplicaReport[];
}

export interface ReplicaReport {
  readonly rangeId: RangeId;
  readonly recordCount: number;
  readonly sizeBytes: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
  readonly term: number;
  readonly raftState: string;
  readonly isLeaseholder: boolean;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

/** The call a node answers with its NodeReport. */
export const reportMethod = "admin.report";

const formatVersion = 1;
const healthStates: readonly HealthState[] = ["Bootstrapping", "Ready", "Degraded", "NotReady"];

export function encodeNodeReport(report: NodeReport): Uint8Array {
  const writer = new ByteWriter();
  writer
    .u8(formatVersion)
    .varint(report.nodeId)
    .string(report.version)
    .u8(healthStates.indexOf(report.health))
    .string(report.healthDetail)
    .varint(report.startedAtMs)
    .varint(report.residentBytes)
    .f64(report.cpuFraction)
    .varint(report.sqlConnections)
    .f64(report.statementsPerSecond)
    .varint(report.replicas.length);
  for (const replica of report.replicas) {
    writer
      .varint(replica.rangeId)
      .varint(replica.recordCount)
      .varint(replica.sizeBytes)
      .varint(replica.appliedIndex)
      .varint(replica.lastIndex)
      .varint(replica.term)
      .string(replica.raftState)
      .boolean(replica.isLeaseholder)
      .f64(replica.readsPerSecond)
      .f64(replica.writesPerSecond);
  }
  return writer.finish();
}

/** Throws MalformedBytes. */
export function decodeNodeReport(bytes: Uint8Array): NodeReport {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== formatVersion) throw new MalformedBytes(`node report of version ${version}`);
  const report = {
    nodeId: reader.varint(),
    version: reader.string(),
    health: readHealth(reader),
    healthDetail: reader.string(),
    startedAtMs: reader.varint(),
    residentBytes: reader.varint(),
    cpuFraction: reader.f64(),
    sqlConnections: reader.varint(),
    statementsPerSecond: reader.f64(),
  };
  const replicas: ReplicaReport[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    replicas.push({
      rangeId: reader.varint(),
      recordCount: reader.varint(),
      sizeBytes: reader.varint(),
      appliedIndex: reader.varint(),
      lastIndex: reader.varint(),
      term: reader.varint(),
      raftState: reader.string(),
      isLeaseholder: reader.boolean(),
      readsPerSecond: reader.f64(),
      writesPerSecond: reader.f64(),
    });
  }
  return { ...report, replicas };
}

function readHealth(reader: ByteReader): HealthState {
  const state = healthStates[reader.u8()];
  if (state === undefined) throw new MalformedBytes("health state");
  return state;
}

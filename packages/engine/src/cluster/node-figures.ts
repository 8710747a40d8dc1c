import type { ByteReader } from "#base/byte-reader.ts";
import { MalformedBytes } from "#base/byte-reader.ts";
import type { ByteWriter } from "#base/byte-writer.ts";

export type HealthState = "bootstrapping" | "ready" | "degraded" | "notReady";

const healthStates: readonly HealthState[] = ["bootstrapping", "ready", "degraded", "notReady"];

/** What a node says of itself with every heartbeat, so that any node can show all. */
export interface NodeFigures {
  readonly health: HealthState;
  /** One plain sentence; empty when there is nothing to say. */
  readonly healthDetail: string;
  readonly startedAtMs: number;
  readonly residentBytes: number;
  /** Of one core, over the last second or so. */
  readonly cpuFraction: number;
  readonly sqlConnections: number;
  readonly statementsPerSecond: number;
}

/** Figures with what the cluster layer adds to them. */
export interface NodeReport extends NodeFigures {
  readonly leaseCount: number;
  readonly replicaCount: number;
}

export function writeNodeReport(writer: ByteWriter, report: NodeReport): void {
  writer
    .u8(healthStates.indexOf(report.health))
    .string(report.healthDetail)
    .varint(Math.round(report.startedAtMs))
    .varint(Math.round(report.residentBytes))
    .f64(report.cpuFraction)
    .varint(report.sqlConnections)
    .f64(report.statementsPerSecond)
    .varint(report.leaseCount)
    .varint(report.replicaCount);
}

export function readNodeReport(reader: ByteReader): NodeReport {
  const health = healthStates[reader.u8()];
  if (health === undefined) throw new MalformedBytes("health state");
  return {
    health,
    healthDetail: reader.string(),
    startedAtMs: reader.varint(),
    residentBytes: reader.varint(),
    cpuFraction: reader.f64(),
    sqlConnections: reader.varint(),
    statementsPerSecond: reader.f64(),
    leaseCount: reader.varint(),
    replicaCount: reader.varint(),
  };
}

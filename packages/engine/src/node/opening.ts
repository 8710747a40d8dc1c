import type { AdminApi } from "#admin/topology.ts";
import type { ClusterNode } from "#cluster/cluster-node.ts";
import type { PeerTls } from "#rpc/transport-security.ts";
import type { Disk, Runtime, Sockets } from "#runtime/ports.ts";
import type { SqlSessionFactory } from "#sql/session/session-factory.ts";
import type { NodeConfig } from "./config.ts";
import type { HealthMonitor } from "./health-monitor.ts";
import type { Openings } from "./openings.ts";

/** The process's own figures; runtime/real has the meter. */
export interface Meter {
  readonly startedAtMs: number;
  read(): {
    readonly residentBytes: number;
    readonly cpuSeconds: number;
    readonly cpuFraction: number;
    readonly eventLoopDelayP99Ms: number;
  };
}

/** The outside of a node, opened by main. */
export interface NodeWorld {
  readonly runtime: Runtime;
  readonly disk: Disk;
  readonly sockets: Sockets;
  readonly meter: Meter;
  /** Refuses with an error when another process has the folder. Returns what gives it back. */
  lockDataFolder(): () => void;
  /** What the files that the configuration names hold. */
  readonly tls: PeerTls | undefined;
  readonly passwords: ReadonlyMap<string, string>;
}

/** What every step of a start works with. */
export interface Opening {
  readonly config: NodeConfig;
  readonly world: NodeWorld;
  readonly openings: Openings;
  readonly health: HealthMonitor;
  /** Parts that come last and that servers, which listen from the first, already ask for. */
  readonly late: {
    cluster: ClusterNode | undefined;
    sql: SqlSessionFactory | undefined;
    admin: AdminApi | undefined;
  };
}

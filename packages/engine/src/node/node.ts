import { NodeAdmin } from "#admin/node-admin.ts";
import type { HealthState } from "#admin/topology.ts";
import { assert } from "#base/assert.ts";
import { version } from "#base/version.ts";
import type { HealthState as ReportedHealth, NodeReport } from "#cluster/node-figures.ts";
import type { NodeAddresses } from "#cluster/node-record.ts";
import type { PgServer } from "#pgwire/server.ts";
import { createSessionFactory } from "#sql/session/session-factory.ts";
import type { NodeConfig } from "./config.ts";
import { enterCluster } from "./enter-cluster.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { addLiveChecks, type SpaceWatch } from "./live-checks.ts";
import { openServers } from "./open-servers.ts";
import { openStore } from "./open-store.ts";
import type { NodeWorld, Opening } from "./opening.ts";
import { Openings } from "./openings.ts";
import { observeProcess } from "./process-metrics.ts";
import { Rate } from "./rate.ts";

/** A node that serves. */
export interface Node {
  readonly addresses: NodeAddresses;
  readonly health: HealthMonitor;
  /** Drains: no new clients, leases handed over, statements finished within the grace, then closed. */
  stop(): Promise<void>;
}

const leaseTransferTimeoutMs = 2_000;

/**
 * Builds every part in the order in which they need each other; stopping closes them in reverse.
 * Ports are bound first, so that a taken one is found before anything is written.
 *
 * Rejects with ConfigError, AddressInUse, DataFolderError, ClockError, JoinRefused, JoinTimeout or
 * the signal's reason, having closed what was open.
 */
export async function startNode(
  config: NodeConfig,
  world: NodeWorld,
  signal: AbortSignal,
): Promise<Node> {
  const openings = new Openings(world.runtime.log);
  try {
    const health = new HealthMonitor(world.runtime.clock, world.runtime.log);
    openings.add("health monitor", () => {
      health.close();
    });
    const late = { cluster: undefined, sql: undefined, admin: undefined };
    return await open({ config, world, openings, health, late }, signal);
  } catch (error) {
    await openings.close();
    throw error;
  }
}

async function open(opening: Opening, signal: AbortSignal): Promise<Node> {
  const { config, world, openings, health, late } = opening;
  const { runtime, meter } = world;
  const { values } = config;

  health.starting("binding ports");
  const servers = await openServers(opening);
  const { pg, addresses } = servers;
  const opened = await openStore(opening, servers, nodeReport(opening, pg));
  const { cluster, stores, kv } = opened;

  await enterCluster(cluster, opened.isMember, opening, signal);
  health.starting("waiting for the system range");
  cluster.start(kv.systemRecords);
  late.admin = nodeAdmin(opening, pg, opened.space);

  health.starting("loading the SQL engine");
  const sql = await createSessionFactory({
    kv,
    runtime,
    nodeId: values.nodeId,
    version,
    limits: {
      sessionsMax: values.pgConnectionsMax,
      queryMemoryBytesMax: values.queryMemoryBytesMax,
      rewriteRowsMax: values.schemaChangeRowsMax,
    },
    statementTimeoutMs: values.statementTimeoutMs,
    statementLengthMax: values.pgMessageBytesMax,
  });
  late.sql = sql;
  openings.add("SQL engine", () => {
    sql.close();
  });
  servers.sessions.letIn(sql);

  observeProcess(runtime.metrics, { health, meter, space: opened.space });
  addLiveChecks(health, {
    log: opened.log,
    store: opened.store,
    view: cluster.view,
    liveness: opened.liveness,
    space: opened.space,
    diskReserveBytes: values.diskReserveBytes,
    eventLoopDelayP99Ms: () => meter.read().eventLoopDelayP99Ms,
  });
  openings.add(
    "health updates",
    cluster.view.onChange(() => {
      // Good news at once. Bad news may be over in a moment: a lease that moves is away for some ms.
      if (health.state !== "Ready") health.look();
    }),
  );
  health.started(
    `node ${values.nodeId} of cluster ${cluster.clusterId ?? ""} serves SQL on ${addresses.sql}`,
  );
  runtime.log.info("node started", {
    nodeId: values.nodeId,
    ...addresses,
    clusterId: cluster.clusterId,
  });

  return {
    addresses,
    health,
    async stop() {
      health.stopping();
      runtime.log.info("node stops", { clients: pg.connectionCount });
      await Promise.all([
        pg.close(values.shutdownGraceMs),
        stores.transferLeases(leaseTransferTimeoutMs).catch((error: unknown) => {
          runtime.log.warn("leases could not be handed over", { error });
        }),
      ]);
      await openings.close();
      runtime.log.info("node stopped");
    },
  };
}

const reportedHealth: Readonly<Record<HealthState, ReportedHealth>> = {
  Bootstrapping: "bootstrapping",
  Ready: "ready",
  Degraded: "degraded",
  NotReady: "notReady",
};

/** What this node says of itself with every heartbeat. */
function nodeReport({ world, health, late }: Opening, pg: PgServer): () => NodeReport {
  const { runtime, meter } = world;
  const statements = new Rate(runtime.clock, () => late.sql?.statementCount ?? 0);
  return () => {
    const reading = meter.read();
    const { cluster } = late;
    const replicas = cluster?.clusterId === undefined ? [] : cluster.view.localReplicas();
    return {
      health: reportedHealth[health.state],
      healthDetail: health.detail,
      startedAtMs: meter.startedAtMs,
      residentBytes: reading.residentBytes,
      cpuFraction: reading.cpuFraction,
      sqlConnections: pg.connectionCount,
      statementsPerSecond: statements.read(),
      leaseCount: replicas.filter((replica) => replica.isLeaseholder).length,
      replicaCount: replicas.length,
    };
  };
}

function nodeAdmin(
  { config, world, health, late }: Opening,
  pg: PgServer,
  space: SpaceWatch,
): NodeAdmin {
  const { runtime, meter } = world;
  assert(late.cluster !== undefined, "operators are answered once the node is in a cluster");
  return new NodeAdmin(runtime.clock, late.cluster.view, {
    checks: () => health.checks(),
    knobs: () => config.views,
    process: () => {
      const reading = meter.read();
      return Promise.resolve({
        startedAtMs: meter.startedAtMs,
        residentBytes: reading.residentBytes,
        cpuSeconds: reading.cpuSeconds,
        eventLoopDelayP99Ms: reading.eventLoopDelayP99Ms,
        diskFreeBytes: space.latest?.freeBytes ?? 0,
        diskTotalBytes: space.latest?.totalBytes ?? 0,
        sqlConnections: pg.connectionCount,
      });
    },
  });
}

import { NodeAdmin } from "#admin/node-admin.ts";
import type { AdminApi, HealthState } from "#admin/topology.ts";
import { version } from "#base/version.ts";
import { ClusterNode } from "#cluster/cluster-node.ts";
import { JoinRefused } from "#cluster/join.ts";
import { LivenessTable } from "#cluster/liveness-table.ts";
import type { HealthState as ReportedHealth, NodeReport } from "#cluster/node-figures.ts";
import type { NodeAddresses } from "#cluster/node-record.ts";
import { DistributedKv } from "#kv/distributed-kv.ts";
import { PasswordAuthenticator } from "#pgwire/authentication.ts";
import { PgServer } from "#pgwire/server.ts";
import { HlcClock } from "#range/hlc-clock.ts";
import { Stores } from "#range/stores.ts";
import { adminHandlers, adminService } from "#rpc/admin-service.ts";
import { GrpcNetwork } from "#rpc/grpc-network.ts";
import { GrpcJoinClient, joinHandler } from "#rpc/join-rpc.ts";
import { RpcServer } from "#rpc/rpc-server.ts";
import { channelCredentials, type PeerTls } from "#rpc/transport-security.ts";
import { Calls } from "#runtime/calls.ts";
import type { Disk, Runtime, Sockets } from "#runtime/ports.ts";
import { createSessionFactory, type SqlSessionFactory } from "#sql/session/session-factory.ts";
import { DataFolderError } from "#storage/data-folder-error.ts";
import { LmdbStore } from "#storage/lmdb-store.ts";
import { NodeState } from "#storage/node-state.ts";
import { SharedLog } from "#storage/shared-log.ts";
import { Store } from "#storage/store.ts";
import type { NodeConfig } from "./config.ts";
import { ConfigError } from "./config.ts";
import { GatedSessions } from "./gated-sessions.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { HealthServer } from "./health-server.ts";
import { showAddress } from "./knob.ts";
import { knobs } from "./knobs.ts";
import { addLiveChecks, SpaceWatch } from "./live-checks.ts";
import { Openings } from "./openings.ts";
import { observeProcess } from "./process-metrics.ts";
import { Rate } from "./rate.ts";

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

/** A node that serves. */
export interface Node {
  readonly addresses: NodeAddresses;
  readonly health: HealthMonitor;
  /** Drains: no new clients, leases handed over, statements finished within the grace, then closed. */
  stop(): Promise<void>;
}

/** No member answered, or none let the node in, in the time there was. */
export class JoinTimeout extends Error {
  override readonly name = "JoinTimeout";
}

const joinAttemptTimeoutMs = 5_000;
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
    return await open(config, world, signal, openings);
  } catch (error) {
    await openings.close();
    throw error;
  }
}

async function open(
  config: NodeConfig,
  world: NodeWorld,
  signal: AbortSignal,
  openings: Openings,
): Promise<Node> {
  const { runtime, disk, tls } = world;
  const { values } = config;
  const health = new HealthMonitor(runtime.clock, runtime.log);
  openings.add("health monitor", () => {
    health.close();
  });

  health.starting("binding ports");
  // Known later; servers that listen already ask for them.
  const late: {
    cluster: ClusterNode | undefined;
    sql: SqlSessionFactory | undefined;
    admin: AdminApi | undefined;
  } = { cluster: undefined, sql: undefined, admin: undefined };
  const sessions = new GatedSessions();
  const network = new GrpcNetwork(runtime, {
    self: values.nodeId,
    clusterId: () => late.cluster?.clusterId,
    credentials: channelCredentials(tls),
  });
  openings.add("network", () => {
    network.close();
  });
  const healthPort = await openHealthServer(health, config, world, openings);
  const pg = await openPgServer(sessions, config, world, openings);
  const rpc = new RpcServer();
  rpc.addPeerService({
    exchange: (stream) => {
      network.accept(stream);
    },
    join: joinHandler(runtime, {
      handleJoin(request) {
        const { cluster } = late;
        if (cluster?.clusterId !== undefined) return cluster.handleJoin(request);
        return Promise.reject(new JoinRefused("unavailable", "the member is still starting"));
      },
    }),
  });
  rpc.addService(
    adminService,
    adminHandlers(runtime, () => late.admin),
  );
  const grpcPort = await rpc.listen(values.grpcAddress, tls);
  openings.add("gRPC server", () => {
    rpc.close();
  });
  const addresses = reachableAddresses(config, {
    sql: pg.address?.port ?? values.pgPort,
    grpc: grpcPort,
    health: healthPort,
  });

  health.starting("opening the data folder");
  await disk.makeDirectory("");
  openings.add("data folder lock", world.lockDataFolder());
  const space = new SpaceWatch(runtime, disk);
  await space.start();
  openings.add("space watch", () => {
    space.close();
  });
  const { state, log, store } = await openStorage(config, world, openings);

  health.starting("opening replicas");
  const hlc = await HlcClock.open(runtime, state);
  openings.add("clock", () => hlc.close());
  const calls = new Calls(runtime, network);
  openings.add("calls", () => {
    calls.close();
  });
  const statementRate = new Rate(runtime.clock, () => late.sql?.statementCount ?? 0);
  const report = (): NodeReport => {
    const reading = world.meter.read();
    const { cluster } = late;
    const replicas = cluster?.clusterId === undefined ? [] : cluster.view.localReplicas();
    return {
      health: reportedHealth[health.state],
      healthDetail: health.detail,
      startedAtMs: world.meter.startedAtMs,
      residentBytes: reading.residentBytes,
      cpuFraction: reading.cpuFraction,
      sqlConnections: pg.connectionCount,
      statementsPerSecond: statementRate.read(),
      leaseCount: replicas.filter((replica) => replica.isLeaseholder).length,
      replicaCount: replicas.length,
    };
  };
  const liveness = await LivenessTable.open({ runtime, hlc, network, memory: state, report });
  openings.add("liveness", () => {
    liveness.close();
  });
  const stores = await Stores.open({
    runtime,
    nodeId: values.nodeId,
    hlc,
    log,
    store,
    network,
    liveness,
  });
  openings.add("replicas", () => stores.close());
  const cluster = new ClusterNode({
    runtime,
    nodeId: values.nodeId,
    addresses,
    locality: config.locality,
    version,
    replicationFactor: values.replicationFactor,
    identity: state,
    disk,
    hlc,
    network,
    calls,
    liveness,
    stores,
  });
  late.cluster = cluster;
  openings.add("cluster", () => cluster.close());
  const kv = new DistributedKv({ runtime, hlc, calls, stores, directory: cluster.directory });
  openings.add("key-value client", () => {
    kv.close();
  });

  await enterCluster(cluster, state.identity !== undefined, config, world, health, signal);
  health.starting("waiting for the system range");
  cluster.start(kv.systemRecords);
  late.admin = new NodeAdmin(runtime.clock, cluster.view, {
    checks: () => health.checks(),
    knobs: () => config.views,
    process: () => {
      const reading = world.meter.read();
      return Promise.resolve({
        startedAtMs: world.meter.startedAtMs,
        residentBytes: reading.residentBytes,
        cpuSeconds: reading.cpuSeconds,
        eventLoopDelayP99Ms: reading.eventLoopDelayP99Ms,
        diskFreeBytes: space.latest?.freeBytes ?? 0,
        diskTotalBytes: space.latest?.totalBytes ?? 0,
        sqlConnections: pg.connectionCount,
      });
    },
  });

  health.starting("loading the SQL engine");
  const sql = await createSessionFactory({
    kv,
    runtime,
    nodeId: values.nodeId,
    version,
    limits: { sessionsMax: values.pgConnectionsMax },
    statementTimeoutMs: values.statementTimeoutMs,
    statementLengthMax: values.pgMessageBytesMax,
  });
  late.sql = sql;
  openings.add("SQL engine", () => {
    sql.close();
  });
  sessions.letIn(sql);

  observeProcess(runtime.metrics, { health, meter: world.meter, space });
  addLiveChecks(health, {
    log,
    store,
    view: cluster.view,
    liveness,
    space,
    diskReserveBytes: values.diskReserveBytes,
    eventLoopDelayP99Ms: () => world.meter.read().eventLoopDelayP99Ms,
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

async function openHealthServer(
  health: HealthMonitor,
  config: NodeConfig,
  world: NodeWorld,
  openings: Openings,
): Promise<number> {
  const server = new HealthServer(health, world.runtime.metrics);
  const port = await server.listen(world.sockets, config.values.healthAddress);
  openings.add("health server", () => server.close());
  return port;
}

async function openPgServer(
  sessions: GatedSessions,
  config: NodeConfig,
  world: NodeWorld,
  openings: Openings,
): Promise<PgServer> {
  const { values } = config;
  const { runtime, tls } = world;
  const pg = new PgServer(runtime, sessions, {
    host: values.pgHost,
    port: values.pgPort,
    authenticator: new PasswordAuthenticator(runtime.random, {
      passwords: world.passwords,
      trustLoopback: values.pgUsersFile === "",
    }),
    tls: tls === undefined ? undefined : { certificatePem: tls.certificatePem, keyPem: tls.keyPem },
    connectionsMax: values.pgConnectionsMax,
    startupTimeoutMs: values.pgStartupTimeoutMs,
    messageBytesMax: values.pgMessageBytesMax,
  });
  await pg.listen(world.sockets);
  openings.add("SQL server", () => pg.close(0));
  return pg;
}

async function openStorage(
  config: NodeConfig,
  world: NodeWorld,
  openings: Openings,
): Promise<{ readonly state: NodeState; readonly log: SharedLog; readonly store: Store }> {
  const { runtime, disk } = world;
  const backend = await LmdbStore.open(disk);
  openings.add("LMDB", () => backend.close());
  const state = NodeState.open(backend);
  const owner = state.identity?.nodeId;
  if (owner !== undefined && owner !== config.values.nodeId) {
    throw new DataFolderError(
      `the data folder ${disk.root} belongs to node ${owner}; this is node ${config.values.nodeId}`,
    );
  }
  const log = await SharedLog.open(runtime, disk);
  openings.add("shared log", () => log.close());
  const store = await Store.open(runtime, disk, backend, {
    freeBytesReserve: config.values.diskReserveBytes,
  });
  openings.add("store", () => store.close());
  return { state, log, store };
}

/** Takes up an old membership, joins, or makes a new cluster, whichever the folder and the settings say. */
async function enterCluster(
  cluster: ClusterNode,
  isMember: boolean,
  config: NodeConfig,
  world: NodeWorld,
  health: HealthMonitor,
  signal: AbortSignal,
): Promise<void> {
  const { values } = config;
  const { clock } = world.runtime;
  const client = new GrpcJoinClient(clock, { tls: world.tls, timeoutMs: joinAttemptTimeoutMs });
  const members = values.joinAddresses.map(showAddress);
  if (isMember) {
    await cluster.resume(client, members);
    return;
  }
  if (config.mode === "bootstrap") {
    health.starting("making a new cluster");
    await cluster.bootstrap();
    return;
  }
  if (members.length === 0) {
    throw new ConfigError(
      `${knobs.bootstrap.variable} is false and the data folder is empty, so ${knobs.joinAddresses.variable} must name a member to join`,
    );
  }
  health.starting(`joining through ${members.join(", ")}`);
  const giveUp = new AbortController();
  const cancelTimer = clock.after(values.joinTimeoutMs, () => {
    giveUp.abort(
      new JoinTimeout(
        `no member let this node in within ${values.joinTimeoutMs} ms; asked ${members.join(", ")} (${knobs.joinAddresses.variable})`,
      ),
    );
  });
  try {
    await cluster.join(client, members, AbortSignal.any([signal, giveUp.signal]));
  } finally {
    cancelTimer();
  }
}

/** Where others find this node. A wildcard address is none that they could use. */
function reachableAddresses(
  config: NodeConfig,
  ports: { readonly sql: number; readonly grpc: number; readonly health: number },
): NodeAddresses {
  const { values } = config;
  const reach = (variable: string, host: string, port: number): string => {
    const isWildcard = host === "0.0.0.0" || host === "::";
    if (isWildcard && values.advertiseHost === "") {
      throw new ConfigError(
        `${variable} listens on every address, so ${knobs.advertiseHost.variable} must say which one others use`,
      );
    }
    const advertised = values.advertiseHost === "" ? host : values.advertiseHost;
    return showAddress({ host: advertised, port });
  };
  return {
    sql: reach(knobs.pgHost.variable, values.pgHost, ports.sql),
    grpc: reach(knobs.grpcAddress.variable, values.grpcAddress.host, ports.grpc),
    health: reach(knobs.healthAddress.variable, values.healthAddress.host, ports.health),
  };
}

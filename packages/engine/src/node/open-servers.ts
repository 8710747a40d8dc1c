import { JoinRefused } from "#cluster/join.ts";
import type { NodeAddresses } from "#cluster/node-record.ts";
import { PasswordAuthenticator } from "#pgwire/authentication.ts";
import { PgServer } from "#pgwire/server.ts";
import { adminHandlers, adminService } from "#rpc/admin-service.ts";
import { GrpcNetwork } from "#rpc/grpc-network.ts";
import { joinHandler } from "#rpc/join-rpc.ts";
import { RpcServer } from "#rpc/rpc-server.ts";
import { channelCredentials } from "#rpc/transport-security.ts";
import { ConfigError, type NodeConfig } from "./config.ts";
import { GatedSessions } from "./gated-sessions.ts";
import { HealthServer } from "./health-server.ts";
import { showAddress } from "./knob.ts";
import { knobs } from "./knobs.ts";
import type { Opening } from "./opening.ts";

export interface OpenServers {
  readonly network: GrpcNetwork;
  readonly pg: PgServer;
  readonly sessions: GatedSessions;
  /** As other nodes reach them. */
  readonly addresses: NodeAddresses;
}

/** Binds every port; what comes in is turned away until the parts behind are there. */
export async function openServers(opening: Opening): Promise<OpenServers> {
  const { config, world, openings, late } = opening;
  const { values } = config;
  const network = new GrpcNetwork(world.runtime, {
    self: values.nodeId,
    clusterId: () => late.cluster?.clusterId,
    credentials: channelCredentials(world.tls),
  });
  openings.add("network", () => {
    network.close();
  });
  const healthPort = await openHealthServer(opening);
  const sessions = new GatedSessions();
  const pg = await openPgServer(sessions, opening);
  const grpcPort = await openRpcServer(network, opening);
  const addresses = reachableAddresses(config, {
    sql: pg.address?.port ?? values.pgPort,
    grpc: grpcPort,
    health: healthPort,
  });
  return { network, pg, sessions, addresses };
}

async function openHealthServer({ config, world, openings, health }: Opening): Promise<number> {
  const server = new HealthServer(health, world.runtime.metrics);
  const port = await server.listen(world.sockets, config.values.healthAddress);
  openings.add("health server", () => server.close());
  return port;
}

async function openPgServer(
  sessions: GatedSessions,
  { config, world, openings }: Opening,
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

async function openRpcServer(
  network: GrpcNetwork,
  { config, world, openings, late }: Opening,
): Promise<number> {
  const { runtime, tls } = world;
  const server = new RpcServer();
  server.addPeerService({
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
  server.addService(
    adminService,
    adminHandlers(runtime, () => late.admin),
  );
  const port = await server.listen(config.values.grpcAddress, tls);
  openings.add("gRPC server", () => {
    server.close();
  });
  return port;
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

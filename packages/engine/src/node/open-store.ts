import { version } from "#base/version.ts";
import { ClusterNode } from "#cluster/cluster-node.ts";
import { LivenessTable } from "#cluster/liveness-table.ts";
import type { NodeReport } from "#cluster/node-figures.ts";
import { DistributedKv } from "#kv/distributed-kv.ts";
import { HlcClock } from "#range/hlc-clock.ts";
import { Stores } from "#range/stores.ts";
import { Calls } from "#runtime/calls.ts";
import { DataFolderError } from "#storage/data-folder-error.ts";
import { LmdbStore } from "#storage/lmdb-store.ts";
import { NodeState } from "#storage/node-state.ts";
import { SharedLog } from "#storage/shared-log.ts";
import { Store } from "#storage/store.ts";
import { SpaceWatch } from "./live-checks.ts";
import type { OpenServers } from "./open-servers.ts";
import type { Opening } from "./opening.ts";

/** The data folder and everything that stands on it, up to the key-value client. */
export interface OpenStore {
  readonly space: SpaceWatch;
  readonly log: SharedLog;
  readonly store: Store;
  readonly liveness: LivenessTable;
  readonly stores: Stores;
  readonly cluster: ClusterNode;
  readonly kv: DistributedKv;
  /** The folder belongs to a member of a cluster already. */
  readonly isMember: boolean;
}

/** Opens the data folder and the replicas in it. Nothing moves before the cluster is started. */
export async function openStore(
  opening: Opening,
  servers: OpenServers,
  report: () => NodeReport,
): Promise<OpenStore> {
  const { config, world, openings, health, late } = opening;
  const { runtime, disk } = world;
  const { values } = config;
  const { network, addresses } = servers;

  health.starting("opening the data folder");
  await disk.makeDirectory("");
  openings.add("data folder lock", world.lockDataFolder());
  const space = new SpaceWatch(runtime, disk);
  await space.start();
  openings.add("space watch", () => {
    space.close();
  });
  const { state, log, store } = await openFiles(opening);

  health.starting("opening replicas");
  const hlc = await HlcClock.open(runtime, state);
  openings.add("clock", () => hlc.close());
  const calls = new Calls(runtime, network);
  openings.add("calls", () => {
    calls.close();
  });
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

  const isMember = state.identity !== undefined;
  return { space, log, store, liveness, stores, cluster, kv, isMember };
}

async function openFiles({ config, world, openings }: Opening): Promise<{
  readonly state: NodeState;
  readonly log: SharedLog;
  readonly store: Store;
}> {
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

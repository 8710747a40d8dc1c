import type { ClusterView } from "#cluster/cluster-view.ts";
import type { LivenessTable } from "#cluster/liveness-table.ts";
import type { Cancel, Disk, DiskSpace, Runtime } from "#runtime/ports.ts";
import type { SharedLog } from "#storage/shared-log.ts";
import type { Store } from "#storage/store.ts";
import type { HealthMonitor, LiveCheck } from "./health-monitor.ts";

export interface LiveCheckSources {
  readonly log: SharedLog;
  readonly store: Store;
  readonly view: ClusterView;
  readonly liveness: LivenessTable;
  readonly space: SpaceWatch;
  readonly diskReserveBytes: number;
  readonly eventLoopDelayP99Ms: () => number;
}

/** A loop that is late by this much misses heartbeats before long. */
const eventLoopDelayMsMax = 1_000;

/** The checks that decide whether a node that has started is Ready. */
export function addLiveChecks(health: HealthMonitor, sources: LiveCheckSources): void {
  for (const check of [
    rangesCheck(sources),
    logCheck(sources),
    flushCheck(sources),
    peersCheck(sources),
    spaceCheck(sources),
    clockCheck(sources),
    eventLoopCheck(sources),
  ]) {
    health.addCheck(check);
  }
}

function rangesCheck({ view }: LiveCheckSources): LiveCheck {
  return {
    name: "ranges",
    failureMeans: "NotReady",
    look() {
      return view.isServing()
        ? { passed: true, detail: "every range has a leaseholder that can be reached" }
        : {
            passed: false,
            detail: "no leaseholder can be reached for some range; its statements wait or fail",
          };
    },
  };
}

/** A sync takes a millisecond or so; one that takes this long belongs to a disk that hangs. */
const syncAgeMsMax = 2_000;

function logCheck({ log }: LiveCheckSources): LiveCheck {
  return {
    name: "write-ahead log",
    failureMeans: "NotReady",
    look() {
      const ageMs = Math.round(log.syncAgeMs);
      return ageMs < syncAgeMsMax
        ? { passed: true, detail: "writes and syncs return" }
        : {
            passed: false,
            detail: `a sync has not returned for ${ageMs} ms; no write is confirmed`,
          };
    },
  };
}

/** Many times what starts a flush: applied writes pile up in memory faster than they reach the disk. */
const unflushedBytesMax = 256 * 1024 * 1024;

function flushCheck({ store }: LiveCheckSources): LiveCheck {
  return {
    name: "store flush",
    failureMeans: "Degraded",
    look() {
      const bytes = store.unflushedBytes;
      const waiting = `${Math.ceil(bytes / 1_048_576)} MiB wait to be flushed`;
      return { passed: bytes < unflushedBytesMax, detail: waiting };
    },
  };
}

function peersCheck({ view }: LiveCheckSources): LiveCheck {
  return {
    name: "peers",
    failureMeans: "Degraded",
    look() {
      const peers = view
        .nodes()
        .filter((node) => !node.isSelf && node.record.membership === "active");
      const silent = peers.filter((node) => node.liveness !== "live");
      if (silent.length === 0) {
        return { passed: true, detail: `all ${peers.length} other nodes answer heartbeats` };
      }
      const names = silent.map((node) => node.record.nodeId).join(", ");
      // A peer that is away is that peer's trouble: this node is degraded when its side is a minority.
      const isMajority = (peers.length - silent.length + 1) * 2 > peers.length + 1;
      return { passed: isMajority, detail: `no heartbeat from node ${names}` };
    },
  };
}

function spaceCheck({ space, diskReserveBytes }: LiveCheckSources): LiveCheck {
  return {
    name: "disk space",
    failureMeans: "Degraded",
    look() {
      const { latest } = space;
      if (latest === undefined) return { passed: true, detail: "not measured yet" };
      const freeMb = Math.floor(latest.freeBytes / 1_048_576);
      return latest.freeBytes >= diskReserveBytes
        ? { passed: true, detail: `${freeMb} MiB free` }
        : { passed: false, detail: `${freeMb} MiB free, below the reserve: writes are refused` };
    },
  };
}

function clockCheck({ liveness }: LiveCheckSources): LiveCheck {
  return {
    name: "clock",
    failureMeans: "Degraded",
    look() {
      return liveness.isClockOff()
        ? { passed: false, detail: "this clock differs from most others by nearly what is allowed" }
        : { passed: true, detail: "agrees with the other nodes" };
    },
  };
}

function eventLoopCheck({ eventLoopDelayP99Ms }: LiveCheckSources): LiveCheck {
  return {
    name: "event loop",
    failureMeans: "Degraded",
    look() {
      const delayMs = Math.round(eventLoopDelayP99Ms());
      return {
        passed: delayMs < eventLoopDelayMsMax,
        detail: `99 of 100 turns are less than ${delayMs} ms late`,
      };
    },
  };
}

const spacePeriodMs = 5_000;

/** Keeps a recent figure of the free space, since asking for it takes a while. */
export class SpaceWatch {
  readonly #disk: Disk;
  readonly #runtime: Runtime;
  #latest: DiskSpace | undefined;
  #stop: Cancel = () => {};

  constructor(runtime: Runtime, disk: Disk) {
    this.#runtime = runtime;
    this.#disk = disk;
  }

  get latest(): DiskSpace | undefined {
    return this.#latest;
  }

  async start(): Promise<void> {
    await this.#look();
    this.#stop = this.#runtime.clock.every(spacePeriodMs, () => {
      this.#look().catch((error: unknown) => {
        this.#runtime.log.warn("free space cannot be measured", { error });
      });
    });
  }

  close(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    this.#latest = await this.#disk.space();
  }
}

import { isSqlError } from "#base/errors.ts";
import { SimulatedCrash } from "#runtime/sim/sim-crash.ts";
import type { SimRandom } from "#runtime/sim/sim-random.ts";
import { calmLink, roughLink } from "#runtime/sim/sim-network.ts";
import type { SimCluster, SimNode } from "./sim-cluster.ts";
import type { SimTrace } from "./sim-trace.ts";

export interface FaultsOptions {
  /** Mean time from one fault to the next. */
  readonly pauseMs: number;
  /** Clocks are wrong by at most half of this either way. Safety is promised up to 250 ms between two. */
  readonly clockSkewMs: number;
  readonly failsSyncs: boolean;
  /** Told when a node is gone. */
  readonly onDeath: (nodeId: number) => void;
}

/**
 * Makes things go wrong in a simulated cluster, at random: crashes with torn writes, failed syncs, slow
 * disks, partitions of every shape, rough links, clocks that are off, restarts, and leases sent around.
 */
export class SimFaults {
  readonly #cluster: SimCluster;
  readonly #random: SimRandom;
  readonly #trace: SimTrace;
  readonly #options: FaultsOptions;
  #isOver = false;
  /** Nodes whose sync was made to fail: they may stop themselves. */
  readonly #expectedToStop = new Set<number>();

  constructor(cluster: SimCluster, random: SimRandom, trace: SimTrace, options: FaultsOptions) {
    this.#cluster = cluster;
    this.#random = random;
    this.#trace = trace;
    this.#options = options;
  }

  start(): void {
    this.#scheduleNext();
  }

  /** Puts everything right: what is down starts, what is cut is joined. */
  heal(): void {
    this.#isOver = true;
    this.#note("heal");
    this.#cluster.network.heal();
    this.#cluster.network.setFaults(calmLink);
    for (const node of this.#cluster.nodes.values()) {
      node.disk.failSyncs(0);
      node.disk.syncMsMax = 1.5;
      if (!node.isUp && !node.isStarting) this.#startSoon(node, 0);
    }
  }

  /** A node stopped itself: right when its disk failed, else a fault of ours. Returns whether it was right. */
  stopped(nodeId: number, reason: string): boolean {
    const wasExpected = this.#expectedToStop.has(nodeId);
    this.#note(`node ${nodeId} stopped itself: ${reason}`);
    this.#crash(this.#cluster.node(nodeId));
    this.#startSoon(this.#cluster.node(nodeId), this.#random.between(50, 3_000));
    return wasExpected;
  }

  #scheduleNext(): void {
    const delayMs = -Math.log(1 - this.#random.float()) * this.#options.pauseMs;
    this.#cluster.time.schedule(delayMs, () => {
      if (this.#isOver) return;
      this.#strike();
      this.#scheduleNext();
    });
  }

  #strike(): void {
    const random = this.#random;
    const all = [...this.#cluster.nodes.values()];
    const up = all.filter((node) => node.isUp);
    const leaseholder = all.find(({ nodeId }) => nodeId === this.#cluster.leaseholder(1));
    // What holds the lease is where faults hurt.
    const victim =
      leaseholder !== undefined && random.chance(0.4)
        ? leaseholder
        : random.pick(up.length > 0 ? up : all);
    switch (random.integer(14)) {
      case 0:
      case 1:
      case 2:
        this.#crashAndRestart(victim);
        break;
      case 3:
        if (random.chance(0.3)) for (const node of all) this.#crashAndRestart(node);
        break;
      case 4:
      case 5:
        this.#partition(victim.nodeId);
        break;
      case 6:
        this.#note("network heals");
        this.#cluster.network.heal();
        break;
      case 7:
        this.#cutOneWay(victim.nodeId);
        break;
      case 8:
        this.#note("links get rough");
        this.#cluster.network.setFaults(roughLink);
        break;
      case 9:
        this.#note("links get calm");
        this.#cluster.network.setFaults(calmLink);
        break;
      case 10:
        this.#note(`disk of ${victim.nodeId} gets slow`);
        victim.disk.syncMsMax = random.chance(0.5) ? 1.5 : random.between(20, 400);
        break;
      case 11:
        if (!this.#options.failsSyncs) break;
        this.#note(`next sync of ${victim.nodeId} fails`);
        this.#expectedToStop.add(victim.nodeId);
        victim.disk.failSyncs(1);
        break;
      case 12:
        this.#skewClock(victim);
        break;
      case 13:
        this.#handOver(victim);
        break;
    }
  }

  #crashAndRestart(node: SimNode): void {
    this.#crash(node);
    // Mostly at once, sometimes long enough for everybody to give it up.
    const random = this.#random;
    this.#startSoon(
      node,
      random.chance(0.7) ? random.between(10, 1_500) : random.between(1_500, 9_000),
    );
  }

  #crash(node: SimNode): void {
    if (!node.isUp && !node.isStarting) return;
    this.#note(`crash ${node.nodeId}`);
    this.#cluster.crash(node.nodeId);
    this.#expectedToStop.delete(node.nodeId);
    this.#options.onDeath(node.nodeId);
  }

  #startSoon(node: SimNode, delayMs: number): void {
    const { lives } = node;
    this.#cluster.time.schedule(this.#isOver ? 0 : delayMs, () => {
      if (node.isUp || node.isStarting || node.lives !== lives) return;
      this.#note(`start ${node.nodeId}`);
      this.#cluster.startUp(node.nodeId).catch((error: unknown) => {
        this.#startFailed(node, error);
      });
    });
  }

  /** A start may meet the failing sync as well; whoever looks after the process starts it again. */
  #startFailed(node: SimNode, error: unknown): void {
    const isDiskFault = isSqlError(error) && error.condition === "io_error";
    if (!isDiskFault && !(error instanceof SimulatedCrash)) throw error;
    this.#note(`start of ${node.nodeId} failed: ${error.message}`);
    this.#crash(node);
    this.#startSoon(node, 100);
  }

  #partition(victim: number): void {
    const random = this.#random;
    const all = [...this.#cluster.nodes.keys()];
    const groups: number[][] = [[], []];
    if (random.chance(0.5)) {
      groups[0] = [victim];
      groups[1] = all.filter((node) => node !== victim);
    } else {
      for (const node of all) groups[random.integer(2)]?.push(node);
    }
    this.#note(`partition ${groups.map((group) => group.join(",")).join(" | ")}`);
    this.#cluster.network.partition(groups);
  }

  #cutOneWay(from: number): void {
    const to = this.#random.pick([...this.#cluster.nodes.keys()]);
    if (to === from) return;
    this.#note(`cut ${from} to ${to}`);
    this.#cluster.network.block(from, to);
  }

  #skewClock(node: SimNode): void {
    const half = this.#options.clockSkewMs / 2;
    const offsetMs = this.#random.between(-half, half);
    this.#note(`clock of ${node.nodeId} is off by ${offsetMs.toFixed(1)} ms`);
    node.clockOffsetMs = offsetMs;
    node.life?.runtime.clock.setOffsetMs(offsetMs);
  }

  #handOver(node: SimNode): void {
    if (node.life === undefined) return;
    this.#note(`node ${node.nodeId} hands over its leases`);
    void node.life.stores.transferLeases(2_000);
  }

  #note(what: string): void {
    this.#trace.add(this.#cluster.time.nowMs, what);
  }
}

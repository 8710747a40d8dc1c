import type { RangeId } from "#base/ids.ts";
import type { Metrics } from "#runtime/ports.ts";
import type { HlcClock } from "./hlc-clock.ts";
import type { Replica } from "./replica.ts";
import type { ServedFigures } from "./serving.ts";

/** What a node's replicas do, under the runbook's names where it has them. Read when somebody looks. */
export class RangeMetrics {
  readonly #metrics: Metrics;
  readonly #replicas: ReadonlyMap<RangeId, Replica>;
  readonly #hlc: HlcClock;
  readonly #watched = new Set<RangeId>();

  constructor(metrics: Metrics, replicas: ReadonlyMap<RangeId, Replica>, hlc: HlcClock) {
    this.#metrics = metrics;
    this.#replicas = replicas;
    this.#hlc = hlc;
  }

  /** Figures of the node as a whole. */
  register(): void {
    const metrics = this.#metrics;
    metrics.observeCounter(
      "distributed_write_conflicts",
      "Commits refused by this node's leaseholders because of a concurrent write",
      () => this.#sum("conflicts"),
    );
    metrics.observeCounter("range_reads", "Reads served by this node's leaseholders", () =>
      this.#sum("reads"),
    );
    metrics.observeCounter("range_commits", "Commits applied by this node's leaseholders", () =>
      this.#sum("writes"),
    );
    metrics.observeGauge("replica_count", "Replicas on this node", () => this.#replicas.size);
    metrics.observeGauge("lease_count", "Ranges this node serves", () => {
      let count = 0;
      for (const replica of this.#replicas.values()) if (replica.isLeaseholder) count++;
      return count;
    });
    metrics.observeCounter(
      "clock_timestamps_refused",
      "Timestamps of peers too far ahead of this node's clock",
      () => this.#hlc.refusedCount,
    );
  }

  /** Figures of one range, which the runbook calls a shard. */
  watch(rangeId: RangeId): void {
    if (this.#watched.has(rangeId)) return;
    this.#watched.add(rangeId);
    this.#metrics.observeCounter(
      `distributed_write_shard_${rangeId}_conflicts`,
      `Commits to shard ${rangeId} refused because of a concurrent write`,
      () => this.#replicas.get(rangeId)?.figures.conflicts ?? 0,
    );
  }

  #sum(figure: keyof ServedFigures): number {
    let sum = 0;
    for (const { figures } of this.#replicas.values()) sum += figures[figure];
    return sum;
  }
}

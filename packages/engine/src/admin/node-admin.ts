import { assert } from "#base/assert.ts";
import type { ClusterView } from "#cluster/cluster-view.ts";
import type { Cancel, Clock } from "#runtime/ports.ts";
import { renderState } from "./state-document.ts";
import type {
  AdminApi,
  HealthCheck,
  KnobView,
  NodeView,
  ProcessFigures,
  Topology,
} from "./topology.ts";
import { readTopology, summarizeNode } from "./topology-from-view.ts";

/** What this node knows of itself. */
export interface NodeSource {
  checks(): readonly HealthCheck[];
  process(): Promise<ProcessFigures>;
  knobs(): readonly KnobView[];
}

/** Changes that come together are pushed together. */
const changeQuietMs = 50;
/** A topology this fresh is shared by everyone who asks. */
const shareMs = 100;

/** Answers operators on this node. */
export class NodeAdmin implements AdminApi {
  readonly #clock: Clock;
  readonly #cluster: ClusterView;
  readonly #node: NodeSource;
  #latest: { readonly atMs: number; readonly topology: Promise<Topology> } | undefined;

  constructor(clock: Clock, cluster: ClusterView, node: NodeSource) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#node = node;
  }

  async node(): Promise<NodeView> {
    const self = this.#cluster.nodes().find((node) => node.isSelf);
    assert(self !== undefined, "a node knows itself");
    return {
      node: summarizeNode(self),
      checks: this.#node.checks(),
      process: await this.#node.process(),
      answeredAtMs: this.#clock.wallMs(),
    };
  }

  /** Shared by all who ask at about the same time, so that watchers do not multiply the questions. */
  topology(): Promise<Topology> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#latest !== undefined && nowMs - this.#latest.atMs < shareMs) {
      return this.#latest.topology;
    }
    const topology = readTopology(this.#cluster);
    this.#latest = { atMs: nowMs, topology };
    return topology;
  }

  async *watchTopology(options: {
    readonly intervalMs: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<Topology> {
    const { intervalMs, signal } = options;
    const changes = new ChangeWait(this.#clock, this.#cluster, signal);
    try {
      while (!signal.aborted) {
        yield await this.topology();
        // A change must not be answered with what was assembled before it.
        if (await changes.wait(intervalMs)) this.#latest = undefined;
      }
    } finally {
      changes.close();
    }
  }

  async state(): Promise<string> {
    return renderState(await this.topology());
  }

  knobs(): Promise<readonly KnobView[]> {
    return Promise.resolve(this.#node.knobs());
  }
}

/** Waits for a change of the cluster, an interval or the end, whichever is first. */
class ChangeWait {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #unsubscribe: Cancel;
  readonly #onAbort = () => {
    this.#wake?.();
  };
  #hasChanged = false;
  #cancelTimer: Cancel = () => {};
  #wake: (() => void) | undefined;

  constructor(clock: Clock, cluster: ClusterView, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#unsubscribe = cluster.onChange(() => {
      if (this.#hasChanged) return;
      this.#hasChanged = true;
      if (this.#wake !== undefined) this.#wakeAfter(changeQuietMs);
    });
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** True when something changed since the last wait ended. */
  async wait(intervalMs: number): Promise<boolean> {
    if (this.#signal.aborted) return false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#wakeAfter(this.#hasChanged ? changeQuietMs : intervalMs);
    });
    this.#cancelTimer();
    this.#wake = undefined;
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  close(): void {
    this.#unsubscribe();
    this.#cancelTimer();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  #wakeAfter(delayMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      this.#wake?.();
    });
  }
}

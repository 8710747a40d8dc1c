import type { Calls } from "#runtime/calls.ts";
import type { Clock } from "#runtime/ports.ts";
import { assembleTopology, summarizeNode } from "./assemble-topology.ts";
import type { ClusterSource } from "./cluster-source.ts";
import { encodeNodeReport, reportMethod } from "./node-report.ts";
import { renderState } from "./state-document.ts";
import type {
  AdminApi,
  HealthCheck,
  KnobView,
  NodeView,
  ProcessFigures,
  Topology,
} from "./topology.ts";

/** What this node knows of itself. */
export interface NodeSource {
  checks(): readonly HealthCheck[];
  process(): ProcessFigures;
  knobs(): readonly KnobView[];
}

export const watchIntervalMsMin = 200;
export const watchIntervalMsMax = 60_000;
export const watchIntervalMsDefault = 1_000;
/** Changes that come together are pushed together. */
const changeQuietMs = 50;
/** A topology this fresh is shared by everyone who asks. */
const shareMs = 100;

/** Answers operators on this node. */
export class NodeAdmin implements AdminApi {
  readonly #clock: Clock;
  readonly #calls: Calls;
  readonly #cluster: ClusterSource;
  readonly #node: NodeSource;
  #latest: { readonly atMs: number; readonly topology: Promise<Topology> } | undefined;

  constructor(clock: Clock, calls: Calls, cluster: ClusterSource, node: NodeSource) {
    this.#clock = clock;
    this.#calls = calls;
    this.#cluster = cluster;
    this.#node = node;
    calls.handle(reportMethod, () => Promise.resolve(encodeNodeReport(cluster.report())));
  }

  node(): Promise<NodeView> {
    const nowMs = this.#clock.wallMs();
    const report = this.#cluster.report();
    const member = this.#cluster.members().find(({ nodeId }) => nodeId === this.#cluster.self) ?? {
      nodeId: this.#cluster.self,
      version: report.version,
      grpcAddress: "",
      sqlAddress: "",
      healthAddress: "",
      locality: new Map<string, string>(),
      membership: "active" as const,
    };
    return Promise.resolve({
      node: summarizeNode(member, this.#cluster, { kind: "report", report }, nowMs),
      checks: this.#node.checks(),
      process: this.#node.process(),
      answeredAtMs: nowMs,
    });
  }

  /** Shared by all who ask at about the same time, so that watchers do not multiply the questions. */
  topology(): Promise<Topology> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#latest !== undefined && nowMs - this.#latest.atMs < shareMs) {
      return this.#latest.topology;
    }
    const topology = assembleTopology(this.#cluster, this.#calls, {
      nowMs: () => this.#clock.wallMs(),
    });
    this.#latest = { atMs: nowMs, topology };
    return topology;
  }

  async *watchTopology(options: {
    readonly intervalMs: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<Topology> {
    const { intervalMs, signal } = options;
    let wake = () => {};
    let isChanged = false;
    const unsubscribe = this.#cluster.onChange(() => {
      isChanged = true;
      wake();
    });
    const onAbort = () => {
      wake();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        isChanged = false;
        yield await this.topology();
        if (signal.aborted) return;
        await new Promise<void>((resolve) => {
          let cancelQuiet = () => {};
          const cancelInterval = this.#clock.after(intervalMs, done);
          function done() {
            cancelInterval();
            cancelQuiet();
            resolve();
          }
          wake = () => {
            if (signal.aborted) done();
            else {
              cancelQuiet();
              cancelQuiet = this.#clock.after(changeQuietMs, done);
            }
          };
          if (isChanged || signal.aborted) wake();
        });
        // A change must not be answered with what was assembled before it.
        if (isChanged) this.#latest = undefined;
      }
    } finally {
      unsubscribe();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async state(): Promise<string> {
    return renderState(await this.topology());
  }

  knobs(): Promise<readonly KnobView[]> {
    return Promise.resolve(this.#node.knobs());
  }
}

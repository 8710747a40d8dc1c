import "server-only";
import { changesBetween } from "../../cluster/changes.ts";
import {
  rememberFigures,
  type Evidence,
  type NodeEvidence,
  type TopologyEvidence,
} from "../../cluster/evidence.ts";
import type { Sample } from "../../cluster/history.ts";
import { merge } from "../../cluster/merge.ts";
import { findProblems, type Sightings } from "../../cluster/problems.ts";
import { answers, probeIntervalMs, type ClusterView } from "../../cluster/view.ts";
import type { AdminClient } from "../admin/admin-client.ts";
import { AdminError } from "../admin/admin-client.ts";
import type { ClusterMemory, RecordedChange } from "../store/cluster-memory.ts";
import { TopologyFeed } from "./topology-feed.ts";

const probeDeadlineMs = 1_000;
/** Failures of one moment are found one after the other; a view made after this has them all. */
const settleMs = 60;
/** Views go out at once when something changed, otherwise at this pace. */
const publishIntervalMs = 1_000;
const saveIntervalMs = 10_000;
const historySeconds = 15 * 60;
const changesKept = 200;
const changesKeptMs = 14 * 24 * 3_600_000;

interface Asked {
  readonly client: AdminClient;
  evidence: NodeEvidence;
  isAsking: boolean;
}

export interface ClusterWatcherOptions {
  /** Addresses to start with; more are learnt from topologies. */
  readonly addresses: readonly string[];
  readonly connect: (address: string) => AdminClient;
  readonly memory: ClusterMemory;
  readonly log: (message: string) => void;
}

/**
 * The one place of this process that asks the cluster: every node about itself each second, one node
 * about the ranges. Holds what they said, makes views of it, records what changed, and keeps the last
 * of it in the console's store. A node that fails to answer is a finding, never an exception.
 *
 * Invariants: revisions grow; a view is never changed once published.
 */
export class ClusterWatcher {
  readonly #options: ClusterWatcherOptions;
  readonly #asked = new Map<string, Asked>();
  readonly #feed: TopologyFeed;
  readonly #waiters = new Set<() => void>();
  readonly #history: Sample[] = [];
  readonly #startedAtMs = Date.now();
  #changes: RecordedChange[] = [];
  #topology: TopologyEvidence | undefined;
  #sightings: Sightings = new Map();
  #revision = 0;
  #view: ClusterView;
  #savedAtMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: ClusterWatcherOptions) {
    this.#options = options;
    this.#feed = new TopologyFeed({
      candidates: () => this.#candidates(),
      onTopology: (topology) => {
        this.#topology = rememberFigures(this.#topology, topology, Date.now());
        for (const node of topology.nodes) {
          if (node.grpcAddress === "" || node.membership === "removed") continue;
          this.#ask(node.grpcAddress);
          // Its peers hear it again before the next probe is due.
          const asked = this.#asked.get(node.grpcAddress);
          if (node.liveness === "live" && asked !== undefined && asked.evidence.failures > 0) {
            void this.#probe(asked);
          }
        }
        this.#settle();
      },
    });
    for (const address of options.addresses) this.#ask(address);
    this.#view = this.#look();
  }

  /** Starts from what an earlier run knew, then asks. */
  async start(): Promise<void> {
    const { memory } = this.#options;
    const remembered = await memory.loadEvidence();
    if (remembered !== undefined) this.#restore(remembered.evidence);
    await memory.recordChanges([{ kind: "consoleStarted" }], this.#startedAtMs);
    this.#changes = [...(await memory.listChanges(changesKept))];
    // What happened while the console was away was not seen; the first view has nothing to differ from.
    this.#view = this.#look();
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), probeIntervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    this.#feed.stop();
    for (const asked of this.#asked.values()) asked.client.close();
    this.#wake();
    await this.#writing;
    await this.#options.memory.saveEvidence(this.#evidence(), Date.now());
  }

  current(): ClusterView {
    return this.#view;
  }

  /** Seconds of the last quarter of an hour, oldest first. */
  history(): readonly Sample[] {
    return this.#history;
  }

  /** Newest first. */
  changes(): readonly RecordedChange[] {
    return this.#changes;
  }

  /** Every view from now on. A slow reader gets the newest, not each. Ends when the signal fires. */
  async *views(signal: AbortSignal): AsyncGenerator<ClusterView, void, undefined> {
    let given = "";
    while (!signal.aborted) {
      if (this.#view.revision !== given) {
        given = this.#view.revision;
        yield this.#view;
        continue;
      }
      await this.#nextView(signal);
    }
  }

  #nextView(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiters.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  #ask(address: string): void {
    if (this.#asked.has(address)) return;
    this.#asked.set(address, {
      client: this.#options.connect(address),
      isAsking: false,
      evidence: {
        address,
        answer: undefined,
        answeredAtMs: undefined,
        roundTripMs: undefined,
        failures: 0,
        failingSinceMs: undefined,
        error: undefined,
      },
    });
  }

  #restore(evidence: Evidence): void {
    this.#topology = evidence.topology;
    for (const known of evidence.nodes) {
      this.#ask(known.address);
      const asked = this.#asked.get(known.address);
      if (asked !== undefined) asked.evidence = { ...known, failures: 0 };
    }
  }

  #evidence(): Evidence {
    return {
      nodes: [...this.#asked.values()].map((asked) => asked.evidence),
      topology: this.#topology,
    };
  }

  /** Addresses worth asking for the topology: those that answered last, best first. */
  #candidates(): AdminClient[] {
    return [...this.#asked.values()]
      .filter((asked) => asked.evidence.failures === 0)
      .sort(
        (a, b) =>
          readiness(b.evidence) - readiness(a.evidence) ||
          (b.evidence.answeredAtMs ?? 0) - (a.evidence.answeredAtMs ?? 0),
      )
      .map((asked) => asked.client);
  }

  #tick(): void {
    for (const asked of this.#asked.values()) void this.#probe(asked);
    this.#feed.check(Date.now());
    this.#settle();
    this.#sample();
    if (Date.now() - this.#savedAtMs >= saveIntervalMs) this.#save();
  }

  async #probe(asked: Asked): Promise<void> {
    if (asked.isAsking) return;
    asked.isAsking = true;
    const askedAtMs = Date.now();
    try {
      const answer = await asked.client.getNode(probeDeadlineMs);
      const answeredAtMs = Date.now();
      asked.evidence = {
        address: asked.evidence.address,
        answer,
        answeredAtMs,
        roundTripMs: answeredAtMs - askedAtMs,
        failures: 0,
        failingSinceMs: undefined,
        error: undefined,
      };
    } catch (error) {
      asked.evidence = {
        ...asked.evidence,
        failures: asked.evidence.failures + 1,
        failingSinceMs: asked.evidence.failingSinceMs ?? askedAtMs,
        error: error instanceof AdminError ? error.grpcStatus : String(error),
      };
    } finally {
      asked.isAsking = false;
    }
    this.#settle();
  }

  #settle(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#publish();
    }, settleMs);
  }

  #look(): ClusterView {
    const nowMs = Date.now();
    const merged = merge(this.#evidence(), nowMs);
    const { problems, sightings } = findProblems(merged, this.#sightings, nowMs);
    this.#sightings = sightings;
    this.#revision += 1;
    // The start time keeps revisions of two runs apart.
    return {
      ...merged,
      problems,
      atMs: nowMs,
      revision: `${this.#startedAtMs}-${this.#revision}`,
      lastChangeAtMs: this.#changes[0]?.atMs,
    };
  }

  #publish(): void {
    const before = this.#view;
    const next = this.#look();
    const changes = changesBetween(before, next);
    const isNews = changes.length > 0 || essenceOf(before) !== essenceOf(next);
    if (!isNews && next.atMs - before.atMs < publishIntervalMs) return;
    if (changes.length > 0) this.#record(changes, next.atMs);
    this.#view = changes.length > 0 ? { ...next, lastChangeAtMs: next.atMs } : next;
    this.#wake();
  }

  /** Changes are shown at once and written after; a failing store must not hide them. */
  #record(changes: Parameters<ClusterMemory["recordChanges"]>[0], atMs: number): void {
    const provisional = changes.map((change, index) => ({
      id: (this.#changes[0]?.id ?? 0) + index + 1,
      atMs,
      change,
    }));
    this.#changes = [...provisional.reverse(), ...this.#changes].slice(0, changesKept);
    this.#write(() => this.#options.memory.recordChanges(changes, atMs), "changes");
    this.#save();
  }

  #save(): void {
    this.#savedAtMs = Date.now();
    const evidence = this.#evidence();
    this.#write(async () => {
      await this.#options.memory.saveEvidence(evidence, this.#savedAtMs);
      await this.#options.memory.forgetChangesBefore(this.#savedAtMs - changesKeptMs);
    }, "the last known state");
  }

  #write(write: () => Promise<unknown>, what: string): void {
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#options.log(`The console's store did not take ${what}: ${String(error)}`);
    });
  }

  #sample(): void {
    const { nodes } = this.#view;
    // Before the first answer or failure there is nothing to draw.
    if (nodes.every((node) => node.answeredAtMs === undefined && node.error === undefined)) return;
    const answering = nodes.filter(answers);
    const offsets = answering
      .map((node) => node.clockOffsetMs)
      .filter((value) => value !== undefined);
    const trips = answering.map((node) => node.roundTripMs).filter((value) => value !== undefined);
    this.#history.push({
      atMs: Date.now(),
      statementsPerSecond:
        answering.length === 0 || nodes.some((node) => node.answeredAtMs === undefined)
          ? null
          : answering.reduce((sum, node) => sum + node.statementsPerSecond, 0),
      nodesAnswering: answering.length,
      clockSpreadMs: offsets.length < 2 ? null : Math.max(...offsets) - Math.min(...offsets),
      roundTripMs: trips.length === 0 ? null : Math.max(...trips),
    });
    if (this.#history.length > historySeconds) this.#history.shift();
  }
}

function readiness(evidence: NodeEvidence): number {
  switch (evidence.answer?.node.health) {
    case "ready":
      return 3;
    case "degraded":
      return 2;
    case undefined:
      return 0;
    default:
      return 1;
  }
}

/** What makes a view news: not ages and rates, but states. */
function essenceOf(view: ClusterView): string {
  return JSON.stringify([
    view.problems.map((problem) => problem.id),
    view.nodes.map((node) => [node.nodeId, node.condition, node.version, node.detail]),
    view.ranges.map((range) => [
      range.rangeId,
      range.leaseholder,
      range.availability,
      range.failuresLeft,
      range.replicas.map((replica) => [replica.nodeId, replica.role]),
    ]),
  ]);
}

import type { Topology } from "../../cluster/evidence.ts";
import type { AdminClient } from "../admin/admin-client.ts";

const pushIntervalMs = 500;
/** Silence after which another node is asked; doubled after each silent node so that slow ones get a word in. */
const patienceMs = 1_000;
const patienceMaxMs = 8_000;

/**
 * Topologies from one node at a time. When that node ends the stream, fails or falls silent, the next
 * candidate is asked at once; when there is none, on the next check.
 */
export class TopologyFeed {
  readonly #candidates: () => readonly AdminClient[];
  readonly #onTopology: (topology: Topology) => void;
  #source: { readonly address: string; readonly stop: () => void } | undefined;
  #heardAtMs = 0;
  #patienceMs = patienceMs;
  #isStopped = false;

  constructor(options: {
    readonly candidates: () => readonly AdminClient[];
    readonly onTopology: (topology: Topology) => void;
  }) {
    this.#candidates = options.candidates;
    this.#onTopology = options.onTopology;
  }

  /** To be called about once a second. */
  check(nowMs: number): void {
    if (this.#source === undefined) {
      this.#open(undefined, nowMs);
    } else if (nowMs - this.#heardAtMs > this.#patienceMs) {
      const { address, stop } = this.#source;
      stop();
      this.#patienceMs = Math.min(this.#patienceMs * 2, patienceMaxMs);
      this.#open(address, nowMs);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#source?.stop();
    this.#source = undefined;
  }

  #open(avoid: string | undefined, nowMs: number): void {
    this.#source = undefined;
    if (this.#isStopped) return;
    const candidates = this.#candidates();
    const client = candidates.find((candidate) => candidate.address !== avoid) ?? candidates[0];
    if (client === undefined) return;
    this.#heardAtMs = nowMs;
    const source = client.watchTopology(
      pushIntervalMs,
      (topology) => {
        this.#heardAtMs = Date.now();
        this.#patienceMs = patienceMs;
        this.#onTopology(topology);
      },
      () => {
        this.#source = undefined;
        // A node that refuses at once would be asked again and again; then the next check may.
        if (Date.now() - nowMs > 200) this.#open(client.address, Date.now());
      },
    );
    this.#source = { address: client.address, stop: () => source.stop() };
  }
}

import type { HealthCheck, HealthState } from "#admin/topology.ts";
import type { Cancel, Clock, Log } from "#runtime/ports.ts";

/** One thing that must hold for the node to serve, looked at again and again while it runs. */
export interface LiveCheck {
  readonly name: string;
  /** What the node is when the check fails: still serving, or not. */
  readonly failureMeans: "Degraded" | "NotReady";
  /** Looks at what is known already; must not wait. */
  look(): { readonly passed: boolean; readonly detail: string };
}

const lookPeriodMs = 250;

/**
 * The node's health: what it said of its start or stop, and in between what the live checks say.
 *
 *   Bootstrapping ── started, and checks pass ──→ Ready ⇄ Degraded ⇄ NotReady ── stopping ──→ NotReady
 */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #checks: LiveCheck[] = [];
  #phase: "starting" | "running" | "stopping" = "starting";
  #state: HealthState = "Bootstrapping";
  #detail = "starting";
  #readyDetail = "";
  #hasServed = false;
  #results: readonly HealthCheck[] = [];
  #stop: Cancel = () => {};

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  get state(): HealthState {
    return this.#state;
  }

  /** What the state rests on, in one line. */
  get detail(): string {
    return this.#detail;
  }

  checks(): readonly HealthCheck[] {
    return this.#results;
  }

  /** Names the step of the start that has begun. */
  starting(step: string): void {
    if (this.#phase === "starting") this.#detail = step;
  }

  addCheck(check: LiveCheck): void {
    this.#checks.push(check);
  }

  /** The start is done; from now on the checks decide. `detail` is what a ready node says. */
  started(detail: string): void {
    this.#phase = "running";
    this.#readyDetail = detail;
    this.look();
    this.#stop = this.#clock.every(lookPeriodMs, () => {
      this.look();
    });
  }

  stopping(): void {
    this.#phase = "stopping";
    this.#stop();
    this.#enter("NotReady", "shutdown requested");
  }

  close(): void {
    this.#stop();
  }

  look(): void {
    if (this.#phase !== "running") return;
    const checkedAtMs = this.#clock.wallMs();
    const failed: LiveCheck[] = [];
    this.#results = this.#checks.map((check) => {
      const { passed, detail } = check.look();
      if (!passed) failed.push(check);
      return { name: check.name, passed, detail, checkedAtMs };
    });
    const problems = this.#results
      .filter((result) => !result.passed)
      .map((result) => `${result.name}: ${result.detail}`)
      .join("; ");
    if (failed.some((check) => check.failureMeans === "NotReady")) {
      this.#enter(this.#hasServed ? "NotReady" : "Bootstrapping", problems);
      return;
    }
    this.#hasServed = true;
    if (failed.length === 0) this.#enter("Ready", this.#readyDetail);
    else this.#enter("Degraded", problems);
  }

  #enter(state: HealthState, detail: string): void {
    const before = this.#state;
    this.#state = state;
    this.#detail = detail;
    if (before === state) return;
    const fields = { from: before, to: state, detail };
    if (state === "Ready") this.#log.info("health changed", fields);
    else this.#log.warn("health changed", fields);
  }
}

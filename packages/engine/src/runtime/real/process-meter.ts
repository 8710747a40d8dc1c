import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";

/** What the operating system and the event loop say of this process. */
export interface ProcessReading {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** Of one core, since the reading before. */
  readonly cpuFraction: number;
  /** Over the last one to two windows. Milliseconds beyond what was asked for. */
  readonly eventLoopDelayP99Ms: number;
}

const windowMs = 10_000;
const resolutionMs = 20;

/** Reads are cheap enough for every heartbeat: the kernel is asked at most once in 250 ms. */
export class ProcessMeter {
  readonly startedAtMs = Date.now() - process.uptime() * 1_000;
  #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #previousP99Ms = 0;
  #windowStartedAtMs = performance.now();
  #reading: ProcessReading;
  #readAtMs = performance.now();
  #cpuMicros: number;

  constructor() {
    this.#histogram.enable();
    this.#cpuMicros = cpuMicros();
    this.#reading = {
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: this.#cpuMicros / 1e6,
      cpuFraction: 0,
      eventLoopDelayP99Ms: 0,
    };
  }

  read(): ProcessReading {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#readAtMs;
    if (elapsedMs < 250) return this.#reading;
    const micros = cpuMicros();
    const delayMs = this.#delayP99Ms();
    this.#reading = {
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: micros / 1e6,
      cpuFraction: (micros - this.#cpuMicros) / 1_000 / elapsedMs,
      eventLoopDelayP99Ms: Math.max(delayMs, this.#previousP99Ms),
    };
    this.#cpuMicros = micros;
    this.#readAtMs = nowMs;
    if (nowMs - this.#windowStartedAtMs > windowMs) {
      this.#previousP99Ms = delayMs;
      this.#windowStartedAtMs = nowMs;
      this.#histogram.reset();
    }
    return this.#reading;
  }

  close(): void {
    this.#histogram.disable();
  }

  #delayP99Ms(): number {
    if (this.#histogram.count === 0) return 0;
    return Math.max(0, this.#histogram.percentile(99) / 1e6 - resolutionMs);
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

import * as prom from "prom-client";
import type { Counter, Gauge, Histogram, Metrics } from "#runtime/ports.ts";

/** Metrics in a registry of their own, so that several nodes can live in one process. */
export class PromMetrics implements Metrics {
  readonly #registry = new prom.Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return findOrAdd(this.#counters, name, () => {
      const metric = new prom.Counter({ name, help, labelNames, registers: [this.#registry] });
      return {
        add: (amount = 1, labels = {}) => {
          metric.inc(labels, amount);
        },
      };
    });
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return findOrAdd(this.#gauges, name, () => {
      const metric = new prom.Gauge({ name, help, labelNames, registers: [this.#registry] });
      return {
        set: (value, labels = {}) => {
          metric.set(labels, value);
        },
      };
    });
  }

  observeGauge(name: string, help: string, read: () => number): void {
    this.#registry.removeSingleMetric(name);
    new prom.Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  observeCounter(name: string, help: string, read: () => number): void {
    this.#registry.removeSingleMetric(name);
    new prom.Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  histogram(
    name: string,
    help: string,
    options: { readonly labelNames?: readonly string[]; readonly buckets?: readonly number[] } = {},
  ): Histogram {
    return findOrAdd(this.#histograms, name, () => {
      const metric = new prom.Histogram({
        name,
        help,
        labelNames: options.labelNames ?? [],
        ...(options.buckets === undefined ? {} : { buckets: [...options.buckets] }),
        registers: [this.#registry],
      });
      return {
        observe: (value, labels = {}) => {
          metric.observe(labels, value);
        },
      };
    });
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

function findOrAdd<Metric>(metrics: Map<string, Metric>, name: string, make: () => Metric): Metric {
  let metric = metrics.get(name);
  if (metric === undefined) {
    metric = make();
    metrics.set(name, metric);
  }
  return metric;
}

import type { Counter, Gauge, Histogram, Labels, Metrics } from "#runtime/ports.ts";

/** Keeps plain numbers by `name{label="value"}`: enough to ask what happened. */
export class SimMetrics implements Metrics {
  readonly #values = new Map<string, number>();
  readonly #observed = new Map<string, () => number>();

  /** The counter, gauge, or count of observations; 0 when nothing was recorded. */
  value(name: string, labels: Labels = {}): number {
    return this.#observed.get(name)?.() ?? this.#values.get(seriesName(name, labels)) ?? 0;
  }

  counter(name: string): Counter {
    return {
      add: (amount = 1, labels = {}) => {
        this.#add(name, labels, amount);
      },
    };
  }

  gauge(name: string): Gauge {
    return {
      set: (value, labels = {}) => {
        this.#values.set(seriesName(name, labels), value);
      },
    };
  }

  observeGauge(name: string, _help: string, read: () => number): void {
    this.#observed.set(name, read);
  }

  observeCounter(name: string, _help: string, read: () => number): void {
    this.#observed.set(name, read);
  }

  histogram(name: string): Histogram {
    return {
      observe: (_value, labels = {}) => {
        this.#add(name, labels, 1);
      },
    };
  }

  render(): Promise<string> {
    const lines = [
      ...[...this.#values].map(([series, value]) => `${series} ${value}`),
      ...[...this.#observed].map(([name, read]) => `${name} ${read()}`),
    ];
    return Promise.resolve(`${lines.sort().join("\n")}\n`);
  }

  #add(name: string, labels: Labels, amount: number): void {
    const series = seriesName(name, labels);
    this.#values.set(series, (this.#values.get(series) ?? 0) + amount);
  }
}

function seriesName(name: string, labels: Labels): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return parts.length === 0 ? name : `${name}{${parts.sort().join(",")}}`;
}

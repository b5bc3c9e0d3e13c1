import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Prometheus metrics of one service. Labels are operation ids, statuses and fixed words, never values of requests. */
export type Metrics = {
  readonly registry: Registry;
  counter(name: string, help: string, labels?: string[]): Counter;
  /** @param read gives the value when the metrics are asked for; without it the gauge is set by its owner. */
  gauge(name: string, help: string, read?: () => number): Gauge;
  histogram(name: string, help: string, buckets: number[], labels?: string[]): Histogram;
  /** @param milliseconds from the first byte in to the last byte out. */
  observeRequest(operationId: string | undefined, status: number, milliseconds: number): void;
  /** The text that `/metrics` answers with. */
  text(): Promise<string>;
};

/** @param defaults collect the process's own figures as well; once per process is enough. */
export function createMetrics(options: { service: string; defaults: boolean }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  if (options.defaults) collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time to answer by operation and status",
    labelNames: ["operation", "status"],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [registry],
  });
  const registers = [registry];
  return {
    registry,
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, read) =>
      new Gauge({
        name,
        help,
        registers,
        ...(read === undefined
          ? {}
          : {
              collect() {
                this.set(read());
              },
            }),
      }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name, help, buckets, labelNames, registers }),
    observeRequest: (operation = "none", status, milliseconds) =>
      requests.observe({ operation, status }, milliseconds / 1000),
    text: () => registry.metrics(),
  };
}

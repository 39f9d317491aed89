/** The metrics of one process, in the Prometheus text format; labels are constants, never ids. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayMetrics } from '../gateway/index.ts';

/** Readings that are taken when the metrics are asked for. */
export interface Readings {
  readonly ledgerSize: number;
  readonly queueBytes: number;
  readonly queueAgeMs: number;
  readonly heldBytes: number;
  readonly inFlight: number;
  readonly indexPosition: number;
}

/** Counters for the gateway, and the text for the review face. */
export interface ProcessMetrics extends GatewayMetrics {
  text(): Promise<string>;
}

/** @param read Takes the readings. */
export function createMetrics(read: () => Readings): ProcessMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: 'chaperone_' });
  const exchanges = new Counter({
    name: 'chaperone_exchanges_total',
    help: 'Exchanges on the app face by how they ended.',
    labelNames: ['outcome'],
    registers: [register],
  });
  const byOutcome = new Map<string, Counter.Internal>();
  const append = new Histogram({
    name: 'chaperone_append_seconds',
    help: 'Time until a record was durable, as the request thread sees it.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers: [register],
  });
  const gauge = (name: string, help: string, value: (readings: Readings) => number): void => {
    new Gauge({
      name: `chaperone_${name}`,
      help,
      registers: [register],
      collect() {
        this.set(value(read()));
      },
    });
  };
  gauge('ledger_leaves', 'Leaves committed.', (now) => now.ledgerSize);
  gauge('ledger_queue_bytes', 'Bytes waiting to be committed.', (now) => now.queueBytes);
  gauge('ledger_queue_age_seconds', 'Age of the oldest append.', (now) => now.queueAgeMs / 1000);
  gauge('held_bytes', 'Bytes of answers held.', (now) => now.heldBytes);
  gauge('in_flight', 'Exchanges under way.', (now) => now.inFlight);
  gauge('index_lag_leaves', 'Leaves not indexed yet.', (now) => now.ledgerSize - now.indexPosition);
  return {
    exchange(outcome) {
      let counter = byOutcome.get(outcome);
      if (counter === undefined) byOutcome.set(outcome, (counter = exchanges.labels(outcome)));
      counter.inc();
    },
    appendMs(value) {
      append.observe(value / 1000);
    },
    text: () => register.metrics(),
  };
}

import http from 'node:http';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import { ListenError } from './listen-error.js';

/** What the service counts. */
export interface Metrics {
  /** Rows that were deleted because nothing can need them any more. */
  countDeleted(table: string, rows: number): void;
  /** Everything, in Prometheus' text format. */
  text(): Promise<string>;
}

/** Metrics of this process. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const deletedRows = new Counter({
    name: 'latchkey_deleted_rows_total',
    help: 'Rows deleted after their end, by table.',
    labelNames: ['table'],
    registers: [registry],
  });
  return {
    countDeleted: (table, rows) => deletedRows.inc({ table }, rows),
    text: () => registry.metrics(),
  };
}

/**
 * Serves the metrics at `/metrics`, on a port that is not the service's: they are for who runs it.
 *
 * @throws ListenError
 */
export async function serveMetrics(metrics: Metrics, host: string, port: number): Promise<http.Server> {
  const server = http.createServer((req, res) => {
    if (req.url !== '/metrics') return void res.writeHead(404).end();
    metrics.text().then(
      (text) => res.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => res.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(`cannot listen on ${host} port ${port} for metrics (${error.code})`)),
    );
    server.listen(port, host, resolve);
  });
  return server.unref();
}

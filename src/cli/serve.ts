import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp, createLogger } from '../app.js';
import type { Config } from '../config.js';
import { cleanUp } from '../core/clean-up.js';
import { createHttpServer } from '../http/server.js';
import { ListenError } from './listen-error.js';
import { startSealing } from './audit-sealing.js';
import { createMetrics, serveMetrics } from './metrics.js';
import { complained, type CommandResult } from './command-result.js';
import { runCommand, type Command } from './commands.js';
import { openService, type Service, type ServiceParts } from './service.js';

/** After a signal to stop, requests that are under way have so long. */
const STOP_GRACE_MS = 10_000;
const IDLE_SWEEP_MS = 50;

/** For who is on this machine. */
const METRICS_HOST = '127.0.0.1';

/** How often what has ended is deleted. */
const CLEAN_UP_EVERY_MS = 5 * 60_000;

/** How often it is looked whether a key is too old. */
const ROTATE_EVERY_MS = 3600_000;

/** The database in this process cannot go on. */
export class DatabaseStopped extends Error {
  override name = 'DatabaseStopped';
}

/**
 * Serves until SIGTERM or SIGINT: then it takes no more requests, finishes those under way, and closes the database.
 *
 * @param parts what is another thing than usual in the service.
 * @throws ListenError, DatabaseStopped, and what `openService` throws.
 */
export async function serve(config: Config, parts: ServiceParts = {}): Promise<void> {
  const stop = stopSignal(); // from the start: a signal while the database opens must not be lost
  const logger = createLogger(config.LOG_LEVEL);
  const onMailFailure = (error: Error, mailId: string | null, attempts: number) =>
    logger.warn({ mailId, attempts }, `a mail was not delivered: ${error.message}`);
  const onKeyFailure = (error: Error) => logger.warn(`the working keys could not be read anew, those of before are used: ${error.message}`);
  const onSandboxFault = (fault: string) => logger.warn(`a program did not begin: ${fault}`);
  const forOthers = async (command: unknown) => runForSomebodyElse(command as Command, await opening);
  const opening: Promise<Service> = openService(config, forOthers, {
    onMailFailure,
    onSandboxFault,
    ...parts,
    keyRing: { onFailure: onKeyFailure, ...parts.keyRing },
  });
  const service = await opening;
  try {
    const server = createHttpServer(createApp(config, service, logger));
    const answers = answersUnderWay(server);
    await listen(server, config);
    const metrics = createMetrics();
    const metricsServer = config.METRICS_PORT === undefined ? null : await serveMetrics(metrics, METRICS_HOST, config.METRICS_PORT);
    console.log(readyLine(server.address() as AddressInfo));
    const cleaning = setInterval(
      () => void cleanUp(service.ports, metrics.countDeleted).catch((error: Error) => logger.warn(`cleaning up failed: ${error.message}`)),
      CLEAN_UP_EVERY_MS,
    );
    const sealing = startSealing(service.ports, logger);
    const rotating = rotateOldKeys(config, service, logger);
    const failure = await Promise.race([stop, service.failed]);
    clearInterval(cleaning);
    clearInterval(rotating);
    metricsServer?.close();
    logger.info(failure ? 'stopping: the database has stopped' : 'stopping: finishing what runs');
    await stopServer(server, answers);
    await sealing.stop();
    if (failure) throw new DatabaseStopped('the embedded database stopped, start again to recover it', { cause: failure });
  } finally {
    await service.close();
  }
}

/** Replaces keys that are too old, now and from time to time. @returns the timer to be cleared. */
function rotateOldKeys({ KEY_MAX_AGE_DAYS: days }: Config, { keys }: Service, logger: Logger): NodeJS.Timeout | undefined {
  if (days === 0) return undefined;
  const rotate = () =>
    keys.rotateOlderThan(days).then(
      (purposes) => purposes.length > 0 && logger.info(`new keys were made, as the old ones are ${days} days old: ${purposes.join(', ')}`),
      (error: Error) => logger.warn(`keys that are too old were not replaced: ${error.message}`),
    );
  void rotate();
  return setInterval(() => void rotate(), ROTATE_EVERY_MS);
}

/** A command whose client waits at the other end of the control socket: it wants to hear of a fault, too. */
async function runForSomebodyElse(command: Command, service: Service): Promise<CommandResult> {
  try {
    return await runCommand(command, service);
  } catch (error) {
    return complained((error as Error).message);
  }
}

function listen(server: http.Server, { HOST, PORT }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(`cannot listen on ${HOST} port ${PORT} (${error.code})`)),
    );
    server.listen(PORT, HOST, resolve);
  });
}

function readyLine({ address, port, family }: AddressInfo): string {
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return `Latchkey is ready: API ${url}, documentation ${url}/docs. Make an account: npx latchkey accounts create --email you@example.com`;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

function answersUnderWay(server: http.Server): Set<http.ServerResponse> {
  const answers = new Set<http.ServerResponse>();
  server.on('request', (_req, res) => {
    answers.add(res);
    res.once('close', () => answers.delete(res));
  });
  return answers;
}

/** Every answer from now on ends its connection: a client that sent its next request there would wait in vain. */
function stopServer(server: http.Server, answers: Set<http.ServerResponse>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const res of answers) if (!res.headersSent) res.setHeader('Connection', 'close');
  server.prependListener('request', (_req, res) => void res.setHeader('Connection', 'close'));
  setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS).unref(); // those of requests under way are not idle yet
  setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS).unref();
  return closed;
}

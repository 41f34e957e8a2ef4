import { SingleBar } from 'cli-progress';
import type { Config } from '../config.js';
import { openDataFolder } from '../db/data-folder.js';
import type { CommandResult } from './command-result.js';
import { runCommand, type Command } from './commands.js';
import { patiently, sendToServer } from './control-socket.js';
import { openService, type ServiceParts } from './service.js';

type OnPart = (part: CommandResult) => Promise<void>;

/**
 * Runs a command in the server that holds the embedded database, if one runs; else here, after those that run already.
 *
 * @param onPart takes each part of an answer that comes in parts; the last one is returned.
 */
export async function runWhereTheDatabaseIs(
  config: Config,
  command: Command,
  parts: ServiceParts = {},
  onPart: OnPart = async () => {},
): Promise<CommandResult> {
  if (config.DATABASE_URL) return runHere(config, command, parts, onPart);
  const folder = openDataFolder(config.DATA_DIR).path;
  for (let part = command; ;) {
    const asked = part;
    const result = await patiently(
      async () => ((await sendToServer(folder, asked)) as CommandResult | null) ?? runHere(config, asked, parts, onPart),
    );
    if (!result.next) return result;
    await onPart(result);
    part = result.next;
  }
}

async function runHere(config: Config, command: Command, parts: ServiceParts, onPart: OnPart): Promise<CommandResult> {
  const service = await openService(config, null, parts);
  try {
    let result = await runCommand(command, service);
    while (result.next) {
      await onPart(result);
      result = await runCommand(result.next, service);
    }
    return result;
  } finally {
    await service.close();
  }
}

/** Runs a command, and prints its answer as it comes. @returns the exit code; 1, too, where nobody reads the answer to its end. */
export async function runAndPrint(config: Config, command: Command, parts: ServiceParts = {}): Promise<0 | 1> {
  const hasRows = command.name === 'audit export' && process.stdout.isTTY; // on the same screen they would tear it
  const bar = process.stderr.isTTY && !hasRows ? new SingleBar({ clearOnComplete: true }) : null;
  process.stdout.on('error', () => {}); // told below
  const show = async (part: CommandResult) => {
    if (bar && part.progress) {
      if (!bar.isActive) bar.start(part.progress.total, 0);
      bar.update(part.progress.done);
    }
    await print(part);
  };
  try {
    const last = await runWhereTheDatabaseIs(config, command, parts, show);
    await show(last);
    return last.exitCode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 1;
    throw error;
  } finally {
    bar?.stop();
  }
}

/** Waits until it is taken: what is printed is never more in memory than one part. */
export function print({ output, exitCode }: CommandResult): Promise<void> {
  const stream = exitCode === 0 ? process.stdout : process.stderr;
  return new Promise((resolve, reject) => stream.write(output, (error) => (error ? reject(error) : resolve())));
}

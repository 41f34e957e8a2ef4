import { Command as Program, InvalidArgumentError, Option } from 'commander';
import fs from 'node:fs';
import { readConfig, type Config } from '../config.js';
import { ACCOUNT_STATUSES, type AccountStatus } from '../core/account.js';
import { openDataFolder } from '../db/data-folder.js';
import { packageFile } from '../package-root.js';
import { runCommand, STATUS_WORDS, type Command, type CommandResult } from './commands.js';
import { patiently, sendToServer } from './control-socket.js';
import { askForPassword, generatePassword, readFirstLine } from './password-input.js';
import { migrateServerDatabase, openService } from './service.js';

const MAX_LIST_LENGTH = 1000;
/** The dialects in which an invited account can be completed. */
const INVITING = ['flashback', 'latchkey'];

interface CreateOptions {
  email: string;
  name?: string;
  organization?: string;
  unverified?: boolean;
  inactive?: boolean;
  demo?: boolean;
  operator?: boolean;
  password: boolean;
  passwordStdin?: boolean;
}

/**
 * The command line.
 *
 * @param finish is told the exit code: 0, or 1 when the command was refused.
 */
export function createProgram(finish: (exitCode: number) => void): Program {
  const { version } = JSON.parse(fs.readFileSync(packageFile('package.json'), 'utf8')) as { version: string };
  const run = async (command: Command) => finish(print(await runWhereTheDatabaseIs(readConfig(process.env), command)));

  const program = new Program('latchkey')
    .description('One account store, every login API your clients already speak.')
    .version(version)
    .showHelpAfterError('(add --help for what this command takes)');
  program
    .command('serve')
    .description('serve until SIGTERM or SIGINT')
    .action(async () => {
      const { serve } = await import('./serve.js'); // no other command needs what serving takes to load
      await serve(readConfig(process.env));
    });
  program
    .command('migrate')
    .description("bring the database's schema up to date")
    .action(async () => finish(print(await migrateDatabase(readConfig(process.env)))));

  const accounts = program.command('accounts').description('make accounts, look at them, change their status');
  accounts
    .command('create')
    .description('make an account: active and verified, unless told otherwise')
    .requiredOption('--email <address>', 'its e-mail address')
    .option('--name <name>', 'its name (default: the part of the address before the @)')
    .option('--organization <name>', 'the organisation of that name, made where there is none (default: one of its own)')
    .option('--unverified', 'the e-mail address is not verified')
    .option('--inactive', 'the account is not activated yet')
    .option('--demo', 'a demo account')
    .option('--operator', 'may run the service')
    .addOption(new Option('--password-stdin', 'read the password from the first line of standard input').conflicts('password'))
    .option('--no-password', 'nobody can sign in with a password until one is set')
    .action(async (options: CreateOptions) => {
      const config = readConfig(process.env);
      const { password, generated } = await passwordFor(options);
      const { name, email, organization, unverified, inactive, demo, operator } = options;
      const request = {
        email,
        ...(name && { accountName: name }),
        ...(organization && { organization }),
        unverified,
        inactive,
        demo,
        operator,
      };
      const result = await runWhereTheDatabaseIs(config, { name: 'accounts create', ...withoutUndefined(request), password });
      const shown = generated && result.exitCode === 0 ? { ...result, output: `${result.output}Password: ${password}\n` } : result;
      finish(print(shown));
    });
  accounts
    .command('invite')
    .description('make an account that waits for its owner, and mail them the token that completes it')
    .requiredOption('--email <address>', 'its e-mail address')
    .option('--name <name>', 'its name, until its owner says another')
    .option('--organization <name>', 'the organisation of that name, made where there is none (default: one of its own)')
    .addOption(new Option('--dialect <name>', 'the API whose page the mail leads to').choices(INVITING).default('flashback'))
    .action(({ name, ...options }: { email: string; name?: string; organization?: string; dialect: string }) =>
      run({ name: 'accounts invite', ...options, ...(name && { accountName: name }) }),
    );
  accounts
    .command('revoke-api-key <email>')
    .description("make the account's Pyth-On API key good for nothing; the next login shows another")
    .action((email: string) => run({ name: 'accounts revoke-api-key', email }));
  accounts
    .command('list')
    .description('list accounts, ordered by address')
    .option('--after <address>', 'begin behind this address')
    .option('--limit <number>', 'how many at the most', listLength, 100)
    .action((options: { after?: string; limit: number }) => run({ name: 'accounts list', ...options }));
  accounts
    .command('show <email>')
    .description('show one account')
    .action((email: string) => run({ name: 'accounts show', email }));
  accounts
    .command('set-status <email> <status>')
    .description(`give an account another status (${STATUS_WORDS}); any but active ends its sessions`)
    .action((email: string, status: string) => run({ name: 'accounts set-status', email, status: accountStatus(status) }));
  return program;
}

/** Runs a command in the server that holds the embedded database, if one runs; else here, after those that run already. */
async function runWhereTheDatabaseIs(config: Config, command: Command): Promise<CommandResult> {
  if (config.DATABASE_URL) return runHere(config, command);
  const folder = openDataFolder(config.DATA_DIR).path;
  return patiently(async () => ((await sendToServer(folder, command)) as CommandResult | null) ?? runHere(config, command));
}

async function runHere(config: Config, command: Command): Promise<CommandResult> {
  const service = await openService(config, null);
  try {
    return await runCommand(command, service);
  } finally {
    await service.close();
  }
}

async function migrateDatabase(config: Config): Promise<CommandResult> {
  if (!config.DATABASE_URL) {
    return runWhereTheDatabaseIs(config, { name: 'migrate' }); // opening an embedded database brings it up to date
  }
  const applied = await migrateServerDatabase(config.DATABASE_URL);
  return { output: applied.length > 0 ? `Applied ${applied.join(', ')}\n` : 'The database is up to date\n', exitCode: 0 };
}

/** The password of a new account: from standard input, from who sits at the terminal, or made here and shown once. */
async function passwordFor(options: CreateOptions): Promise<{ password: string | null; generated: boolean }> {
  if (!options.password) return { password: null, generated: false };
  const given = options.passwordStdin ? await readFirstLine(process.stdin) : process.stdin.isTTY ? await askForPassword() : '';
  if (options.passwordStdin && !given) throw new InvalidArgumentError('there is no password on standard input');
  return given ? { password: given, generated: false } : { password: generatePassword(), generated: true };
}

function print({ output, exitCode }: CommandResult): number {
  (exitCode === 0 ? process.stdout : process.stderr).write(output);
  return exitCode;
}

function listLength(text: string): number {
  const length = Number(text);
  if (!Number.isInteger(length) || length < 1 || length > MAX_LIST_LENGTH)
    throw new InvalidArgumentError(`It must be 1 to ${MAX_LIST_LENGTH}.`);
  return length;
}

function accountStatus(text: string): AccountStatus {
  const status = ACCOUNT_STATUSES.find((word) => word === text);
  if (!status) throw new InvalidArgumentError(`the status must be one of: ${STATUS_WORDS}`);
  return status;
}

function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

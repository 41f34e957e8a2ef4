import { Argument, Command as Program, InvalidArgumentError, Option } from 'commander';
import fs from 'node:fs';
import { readConfig, type Config } from '../config.js';
import { ACCOUNT_STATUSES, type AccountStatus } from '../core/account.js';
import type { ChainHead } from '../core/audit-chain.js';
import type { KeyPurpose } from '../core/ports.js';
import { KEY_PURPOSES } from '../crypto/key-ring.js';
import { packageFile } from '../package-root.js';
import type { CommandResult } from './command-result.js';
import { STATUS_WORDS, type Command } from './commands.js';
import { askForPassword, generatePassword, readFirstLine } from './password-input.js';
import { print, runAndPrint, runWhereTheDatabaseIs } from './run-command.js';
import { migrateServerDatabase, type ServiceParts } from './service.js';

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
 * @param parts what is another thing than usual in the service that serves, or that runs a command.
 */
export function createProgram(finish: (exitCode: number) => void, parts: ServiceParts = {}): Program {
  const { version } = JSON.parse(fs.readFileSync(packageFile('package.json'), 'utf8')) as { version: string };
  const run = async (command: Command) => finish(await runAndPrint(readConfig(process.env), command, parts));
  const say = async (result: CommandResult) => print(result).then(() => finish(result.exitCode));

  const program = new Program('latchkey')
    .description('One account store, every login API your clients already speak.')
    .version(version)
    .showHelpAfterError('(add --help for what this command takes)');
  program
    .command('serve')
    .description('serve until SIGTERM or SIGINT')
    .action(async () => {
      const { serve } = await import('./serve.js'); // no other command needs what serving takes to load
      await serve(readConfig(process.env), parts);
    });
  program
    .command('migrate')
    .description("bring the database's schema up to date")
    .action(async () => say(await migrateDatabase(readConfig(process.env))));

  program
    .command('doctor')
    .description('try the database, and every wall of the sandbox')
    .action(() => run({ name: 'doctor' }));

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
      await say(shown);
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
  accounts
    .command('unlock <email>')
    .description('forget the wrong guesses at the password: its owner waits no more')
    .action((email: string) => run({ name: 'accounts unlock', email }));

  const audit = program.command('audit').description('check the audit trail, and carry it elsewhere');
  audit
    .command('verify')
    .description('compare the audit trail with its seals: names the first row that was altered, removed, moved or put in')
    .option('--head <position:mac>', 'a head that was kept from before: the trail must still contain it', keptHead)
    .action(({ head }: { head?: ChainHead }) => run({ name: 'audit verify', ...(head && { kept: head }) }));
  audit
    .command('export')
    .description('write the audit trail to standard output as JSON lines, in the order of its seals')
    .option('--after <position>', 'begin behind this position', position, 0)
    .action(({ after }: { after: number }) => run({ name: 'audit export', after }));

  addKeyCommands(program, run);
  program
    .command('secrets')
    .description('care for the secrets of accounts; none is shown')
    .command('rotate')
    .description('make a new key for secrets, and move all of them under it; to be run again where it was interrupted')
    .action(() => run({ name: 'secrets rotate' }));
  return program;
}

function addKeyCommands(program: Program, run: (command: Command) => Promise<void>): void {
  const keys = program.command('keys').description('look at the working keys, replace them, seal them with another master secret');
  keys
    .command('list')
    .description('list the working keys and where each is in its life; no secret is shown')
    .action(() => run({ name: 'keys list' }));
  keys
    .command('rotate')
    .description('make a new key that takes over in some minutes, when everybody knows it; the old one still checks what it made')
    .addArgument(new Argument('<purposes...>', 'what for').choices(KEY_PURPOSES))
    .option('--now', 'let it take over at once: for an emergency', false)
    .action((purposes: KeyPurpose[], { now }: { now: boolean }) => run({ name: 'keys rotate', purposes, now }));
  keys
    .command('retire <id>')
    .description('delete a key that is not the current one: what it made is good for nothing from then on')
    .action((id: string) => run({ name: 'keys retire', id }));
  keys
    .command('rewrap')
    .description('seal the keys with another master secret: NEW_LATCHKEY_SECRET, or a random one where it is made in DATA_DIR')
    .action(() => run({ name: 'keys rewrap', newSecret: readConfig(process.env).NEW_LATCHKEY_SECRET ?? null }));
}

async function migrateDatabase(config: Config): Promise<CommandResult> {
  if (!config.DATABASE_URL) {
    return runWhereTheDatabaseIs(config, { name: 'migrate' }); // opening an embedded database brings it up to date
  }
  const applied = await migrateServerDatabase(config.DATABASE_URL, config.MIGRATION_DATABASE_URL);
  return { output: applied.length > 0 ? `Applied ${applied.join(', ')}\n` : 'The database is up to date\n', exitCode: 0 };
}

/** The password of a new account: from standard input, from who sits at the terminal, or made here and shown once. */
async function passwordFor(options: CreateOptions): Promise<{ password: string | null; generated: boolean }> {
  if (!options.password) return { password: null, generated: false };
  const given = options.passwordStdin ? await readFirstLine(process.stdin) : process.stdin.isTTY ? await askForPassword() : '';
  if (options.passwordStdin && !given) throw new InvalidArgumentError('there is no password on standard input');
  return given ? { password: given, generated: false } : { password: generatePassword(), generated: true };
}

function listLength(text: string): number {
  const length = Number(text);
  if (!Number.isInteger(length) || length < 1 || length > MAX_LIST_LENGTH)
    throw new InvalidArgumentError(`It must be 1 to ${MAX_LIST_LENGTH}.`);
  return length;
}

function position(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function keptHead(text: string): ChainHead {
  const [, at = '', mac = ''] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (Number(at) < 1) throw new InvalidArgumentError('It must be what `audit verify` printed behind "Head:".');
  return { position: Number(at), mac: mac.toLowerCase() };
}

function accountStatus(text: string): AccountStatus {
  const status = ACCOUNT_STATUSES.find((word) => word === text);
  if (!status) throw new InvalidArgumentError(`the status must be one of: ${STATUS_WORDS}`);
  return status;
}

function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

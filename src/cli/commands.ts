import { ACCOUNT_STATUSES, type Account, type AccountStatus } from '../core/account.js';
import { createAccount } from '../core/create-account.js';
import { parseEmailAddress } from '../core/email-address.js';
import { latchkey } from '../dialects/latchkey/index.js';
import type { Context } from '../core/context.js';
import type { Refusal } from '../core/outcome.js';
import { inviteAccount } from '../core/invite-account.js';
import { revokeApiKeyByEmail } from '../core/own-api-keys.js';
import { setStatusByEmail, unlockByEmail } from '../core/set-account-status.js';
import { exportTrail, verifyTrail, type ExportCommand, type VerifyCommand } from './audit-commands.js';
import { complained, said, table, type CommandResult } from './command-result.js';
import { examine } from './doctor.js';
import { runKeyCommand, type KeyCommand } from './key-commands.js';
import { runRotation, type RotateSecretsCommand } from './secret-commands.js';
import type { Service } from './service.js';

/** A command, read from the command line: plain data, so that it can go to the process that holds the database. */
export type Command =
  | {
      name: 'accounts create';
      email: string;
      accountName?: string;
      organization?: string;
      unverified?: boolean;
      inactive?: boolean;
      demo?: boolean;
      operator?: boolean;
      password: string | null;
    }
  | { name: 'accounts invite'; email: string; dialect: string; accountName?: string; organization?: string }
  | { name: 'accounts revoke-api-key'; email: string }
  | { name: 'accounts list'; after?: string; limit: number }
  | { name: 'accounts show'; email: string }
  | { name: 'accounts set-status'; email: string; status: AccountStatus }
  | { name: 'accounts unlock'; email: string }
  | VerifyCommand
  | ExportCommand
  | KeyCommand
  | RotateSecretsCommand
  | { name: 'doctor' }
  | { name: 'migrate' };

/** What a use case sees of somebody who is at the command line: no dialect's rules, and no request. */
export function commandLineContext({ ports, rules }: Pick<Service, 'ports' | 'rules'>): Context & Pick<Service, 'ports'> {
  const origin = { userAgent: null, ipAddress: null, network: null, requestId: null };
  return { ports, rules, dialect: 'command line', policy: latchkey.policy, origin, noteLimit: () => {} };
}

/** Runs a command, in whichever process holds the database. @throws when a port does. */
export async function runCommand(command: Command, service: Service): Promise<CommandResult> {
  const { ports } = service;
  const context = commandLineContext(service);
  switch (command.name) {
    case 'accounts create': {
      const created = await createAccount(context, {
        email: command.email.trim(),
        ...(command.accountName && { name: command.accountName }),
        ...(command.organization && { organization: { kind: 'shared' as const, name: command.organization } }),
        status: command.inactive ? 'inactive' : 'active',
        emailVerified: !command.unverified,
        demo: command.demo ?? false,
        operator: command.operator ?? false,
        password: command.password,
      });
      return created.ok ? said(`Created ${created.value.email}\n`) : refused(created.refusal);
    }
    case 'accounts invite': {
      const { email, accountName: name, organization, dialect: through } = command;
      const shared = organization && { organization: { kind: 'shared' as const, name: organization } };
      const invited = await inviteAccount(context, { email: email.trim(), through, ...(name && { name }), ...shared });
      return invited.ok ? said(`Invited ${invited.value.email}\n`) : refused(invited.refusal);
    }
    case 'accounts revoke-api-key': {
      const revoked = await revokeApiKeyByEmail(context, command.email.trim());
      return revoked.ok ? said(`The API key of ${revoked.value.email} is good for nothing any more\n`) : refused(revoked.refusal);
    }
    case 'accounts list': {
      const found = await ports.accounts.list({ after: command.after?.trim() ?? null, limit: command.limit + 1 });
      const accounts = found.slice(0, command.limit);
      const last = accounts.at(-1);
      const more = `More: npx latchkey accounts list --limit ${command.limit} --after ${shellWord(last?.email ?? '')}\n`;
      return said(table([LIST_TITLES, ...accounts.map(listRow)]) + (found.length > accounts.length ? more : ''));
    }
    case 'accounts show': {
      const address = parseEmailAddress(command.email.trim());
      const account = address && (await ports.accounts.findByEmail(address));
      return account ? said(table(details(account))) : refused('unknown_account');
    }
    case 'accounts set-status': {
      const changed = await setStatusByEmail(context, command.email.trim(), command.status);
      return changed.ok ? said(`${changed.value.email} is ${changed.value.status}\n`) : refused(changed.refusal);
    }
    case 'accounts unlock': {
      const unlocked = await unlockByEmail(context, command.email.trim());
      return unlocked.ok ? said(`${unlocked.value.email} waits no more\n`) : refused(unlocked.refusal);
    }
    case 'audit verify':
      return verifyTrail(ports, command);
    case 'audit export':
      return exportTrail(ports, command);
    case 'keys list':
    case 'keys rotate':
    case 'keys retire':
    case 'keys rewrap':
      return runKeyCommand(command, service.keys);
    case 'secrets rotate':
      return runRotation(context, service.keys, command);
    case 'doctor':
      return examine(service);
    case 'migrate':
      return said('The embedded database is up to date\n'); // whoever can run a command has seen to that
  }
}

/** The words for a status on the command line. */
export const STATUS_WORDS = ACCOUNT_STATUSES.join(', ');

const REFUSALS: Partial<Record<Refusal, string>> = {
  invalid_email: 'this is not an e-mail address',
  email_taken: 'this e-mail address has an account already',
  password_too_short: 'the password is too short',
  password_too_long: 'the password is too long',
  password_too_common: 'the password is too common',
  password_too_guessable: 'without words of the address, the name and this service, the password is too short',
  unknown_account: 'nobody has this e-mail address',
};

function refused(refusal: Refusal): CommandResult {
  return complained(REFUSALS[refusal] ?? refusal);
}

const LIST_TITLES = ['EMAIL', 'NAME', 'ORGANIZATION', 'ROLE', 'STATUS', 'MARKS'];

function listRow(account: Account): string[] {
  const marks = [
    !account.emailVerified && 'unverified',
    account.demo && 'demo',
    account.operator && 'operator',
    !account.passwordHash && 'no password',
  ];
  return [
    account.email,
    account.name,
    account.organization.name,
    account.organizationRole,
    account.status,
    marks.filter(Boolean).join(', '),
  ];
}

function details(account: Account): string[][] {
  const yesOrNo = (fact: boolean) => (fact ? 'yes' : 'no');
  return [
    ['id', account.id],
    ['e-mail', account.email],
    ['name', account.name],
    ['organization', `${account.organization.name} (${account.organization.id})`],
    ['role', account.organizationRole],
    ['status', account.status],
    ['verified', yesOrNo(account.emailVerified)],
    ['demo', yesOrNo(account.demo)],
    ['operator', yesOrNo(account.operator)],
    ['password', yesOrNo(account.passwordHash !== null)],
    ['created', account.createdAt.toISOString()],
  ];
}

/** For a shell to take as it stands: an address may hold what means something there. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

import { NEEDED_SECONDS } from '../core/key-lives.js';
import type { KeyPurpose, StoredKey } from '../core/ports.js';
import type { KeyRefusal } from '../crypto/key-changes.js';
import { complained, said, table, type CommandResult } from './command-result.js';
import type { KeyControl, RewrapRefusal } from './key-control.js';

/** A command about the working keys. `newSecret`: null where none was given. */
export type KeyCommand =
  | { name: 'keys list' }
  | { name: 'keys rotate'; purposes: KeyPurpose[]; now: boolean }
  | { name: 'keys retire'; id: string }
  | { name: 'keys rewrap'; newSecret: string | null };

/** Runs a command about the working keys. It tells no secret. @throws what `KeyControl` throws. */
export async function runKeyCommand(command: KeyCommand, keys: KeyControl): Promise<CommandResult> {
  switch (command.name) {
    case 'keys list':
      return said(table([LIST_TITLES, ...(await keys.list()).map(listRow)]));
    case 'keys rotate': {
      const refusal = await keys.rotate(command.purposes, command.now);
      return refusal ? refused(refusal) : said(table([LIST_TITLES, ...newest(command.purposes, await keys.list())]));
    }
    case 'keys retire': {
      const refusal = await keys.retire(command.id);
      return refusal ? refused(refusal) : said(`The key ${command.id} is gone\n`);
    }
    case 'keys rewrap': {
      const refusal = await keys.rewrap(command.newSecret);
      return refusal ? refused(refusal) : said('The keys are sealed with the new master secret, and are the same\n');
    }
  }
}

const LIST_TITLES = ['ID', 'PURPOSE', 'STATE', 'MADE', 'CURRENT FROM', 'GONE AFTER'];

function listRow({ id, purpose, state, createdAt, activeFrom, replacedAt }: StoredKey): string[] {
  const neededSeconds = NEEDED_SECONDS[purpose];
  const goneAfter = replacedAt && neededSeconds !== undefined ? new Date(replacedAt.getTime() + neededSeconds * 1000) : null;
  return [id, purpose, state, ...[createdAt, activeFrom].map((time) => time.toISOString()), goneAfter?.toISOString() ?? ''];
}

/** Of each purpose, the key that was made last. */
function newest(purposes: KeyPurpose[], keys: StoredKey[]): string[][] {
  const madeLast = (purpose: KeyPurpose) =>
    keys.filter((key) => key.purpose === purpose).reduce((one, other) => (other.ageSeconds < one.ageSeconds ? other : one));
  return purposes.map((purpose) => listRow(madeLast(purpose)));
}

const REFUSALS: Record<KeyRefusal | RewrapRefusal, string> = {
  never_rotated: 'this key is never replaced: what it made, names of addresses or seals of the audit trail, must be made the same again',
  unknown_key: 'there is no key of this id: see npx latchkey keys list',
  current_key: 'this is the current key of its purpose: run npx latchkey keys rotate first, with --now where it cannot wait',
  key_in_use: 'there are secrets that lie under this key: run npx latchkey secrets rotate first',
  no_new_secret: 'NEW_LATCHKEY_SECRET is missing: the new master secret (make one with: openssl rand -base64 32)',
  same_secret: 'NEW_LATCHKEY_SECRET is the master secret already',
};

function refused(refusal: KeyRefusal | RewrapRefusal): CommandResult {
  return complained(REFUSALS[refusal]);
}

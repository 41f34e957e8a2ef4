import fc from 'fast-check';
import { mergedDocument } from '../support/response-checker.js';
import type { Operation } from './operations.js';
import type { KnownValues } from './schema-values.js';

// What the contract's schemas cannot say: which of the strings name something that is there.

const NEW_ADDRESS = 'new address';
const NEW_PASSWORD = 'new password';
const SECRET_NAME = 'name of a secret';
const PACKAGE = 'package';
const PROGRAM_NAME = 'name of a program';
const PROGRAM_PASSWORD = 'password of a program';

/**
 * What a field stands for, by its name, or by operation and name: a field of the world (see `world.ts`). A field that is not here is
 * made from its schema alone.
 */
const MEANINGS: Record<string, string> = {
  email: 'actor.email',
  password: 'actor.password',
  currentPassword: 'actor.password',
  current_password: 'actor.password',
  old_password: 'actor.password',
  newPassword: NEW_PASSWORD,
  new_password: NEW_PASSWORD,
  refreshToken: 'actor.refresh-{dialect}',
  refresh_token: 'actor.refresh-{dialect}',
  org_id: 'actor.organization',
  accountId: 'actor.account',
  uid: 'invitation.account',
  sessionID: 'actor.session-{dialect}',
  tokenId: 'actor.session-{dialect}',
  verificationTokenId: 'pending.id',
  cursor: '{operation}.cursor',
  'flashbackRegister.email': NEW_ADDRESS,
  'flashbackRegister.password': NEW_PASSWORD,
  'px0Register.email': NEW_ADDRESS,
  'px0Register.password': NEW_PASSWORD,
  'pythOnRegister.email': NEW_ADDRESS,
  'pythOnRegister.password': NEW_PASSWORD,
  'latchkeySignUp.email': NEW_ADDRESS,
  'latchkeySignUp.password': NEW_PASSWORD,
  'latchkeyInviteAccount.email': NEW_ADDRESS,
  'latchkeyChangeEmail.email': NEW_ADDRESS,
  'px0UpdateMe.email': NEW_ADDRESS,
  'px0VerifyEmail.email': 'typed.email',
  'px0VerifyEmail.code': 'typed.code',
  'px0TriggerVerificationEmail.email': 'verification.email',
  'latchkeyRequestEmailVerification.email': 'verification.email',
  'px0ResetPassword.code': 'reset.token',
  'flashbackResetPassword.token': 'reset.token',
  'puppilotResetPassword.token': 'reset.token',
  'latchkeyResetPassword.token': 'reset.token',
  'flashbackPreVerifyEmail.token': 'verification.token',
  'flashbackVerifyEmail.token': 'verification.token',
  'flashbackVerifyEmail.password': NEW_PASSWORD,
  'latchkeyConfirmEmail.token': 'verification.token',
  'flashbackActivate.email': 'invitation.email',
  'flashbackActivate.token': 'invitation.token',
  'flashbackActivate.password': NEW_PASSWORD,
  'latchkeyActivateAccount.accountId': 'invitation.account',
  'latchkeyActivateAccount.token': 'invitation.token',
  'latchkeyActivateAccount.password': NEW_PASSWORD,
  'puppilotRefreshToken.token': 'actor.refresh-puppilot',
  'latchkeyIntrospectToken.token': 'actor.access-flashback',
  'latchkeyRevokeToken.token': 'actor.refresh-pixyle',
  'pythOnPutSecret.name': SECRET_NAME,
  'pythOnDeleteSecret.name': SECRET_NAME,
  'pythOnAddPackage.package': PACKAGE,
  'pythOnRemovePackage.name': PACKAGE,
  'pythOnPutEncryptedCode.name': PROGRAM_NAME,
  'pythOnDeleteEncryptedCode.name': PROGRAM_NAME,
  'pythOnExecuteEncryptedCode.name': PROGRAM_NAME,
  'pythOnExecuteEncryptedCode.masterPassword': PROGRAM_PASSWORD,
  'latchkeyEndSession.id': 'actor.session-latchkey',
  'flashbackRevokeSession.id': 'actor.session-flashback',
  'flashbackHeartbeat.id': 'actor.session-flashback',
};

/** The same for `id` in a path, by what stands before it. */
const IDS: [string, string][] = [
  ['/operator/accounts/', 'actor.account'],
  ['/api-keys/', 'actor.key-id-{dialect}'],
];

const DIALECTS = ['pyth-on', 'px0', 'pixyle', 'puppilot', 'flashback', 'latchkey'];

/** Few enough that several requests want the same one. Mails to the second domain reach nobody here: none of its addresses may be verified. */
const newAddresses = fc
  .tuple(fc.nat({ max: 400 }), fc.constantFrom('open.test', 'open.test', 'open.test', 'Open.Test', 'deaf.test'))
  .map(([number, domain]) => `newcomer-${number}@${domain}`);
const newPasswords = fc.constantFrom('wholly unguessable fuzz', 'unguessable, wholly fuzzed', 'Größer als fünfzehn Zeichen');
/** What there may be one of: few enough that somebody who asks for it has it. */
const THINGS: Record<string, fc.Arbitrary<string>> = {
  [SECRET_NAME]: fc.constantFrom('API_TOKEN', 'DATABASE_URL'),
  [PACKAGE]: fc.constantFrom('idna', 'Idna', 'no-such-package'),
  [PROGRAM_NAME]: fc.constantFrom('report', 'clean-up'),
  [PROGRAM_PASSWORD]: fc.constantFrom('open sesame', 'close sesame'), // the first one opens what the fake sandbox is handed
};
const somebody = fc.nat({ max: 11 });

const mark = (place: string, which: string | number) => `<<${place}.${which}>>`;

/** What the fields of an operation mean: usually the caller's own, sometimes another's, sometimes a ward's. */
export function knownValues(operation: Operation): KnownValues {
  return (name) => {
    const meaning = meaningOf(operation, name ?? '');
    if (!meaning) return null;
    if (meaning === NEW_ADDRESS)
      return fc.oneof({ weight: 8, arbitrary: newAddresses }, { weight: 1, arbitrary: somebody.map((n) => mark('ward.email', n)) });
    if (meaning === NEW_PASSWORD) return newPasswords;
    if (THINGS[meaning]) return THINGS[meaning];
    const [, field = ''] = meaning.split('.');
    return fc.oneof(
      { weight: 14, arbitrary: fc.constant(mark(meaning, 'me')) },
      { weight: 1, arbitrary: somebody.map((n) => mark(meaning, n)) },
      { weight: 1, arbitrary: somebody.map((n) => mark(`ward.${field}`, n)) },
    );
  };
}

function meaningOf({ id, path, dialect }: Operation, name: string): string | undefined {
  const byPath = name === 'id' ? IDS.find(([before]) => path.includes(before))?.[1] : undefined;
  return (MEANINGS[`${id}.${name}`] ?? byPath ?? MEANINGS[name])?.replace('{dialect}', dialect).replace('{operation}', id);
}

/** What shows who asks, as headers: usually what the operation wants, and good; else another's, another dialect's, or nothing good at all. */
export function credentials(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const good = goodCredential(operation);
  const none = fc.constant({});
  const others = otherTokens(operation.dialect).map((token) => ({ Authorization: `Bearer ${token}` }));
  const weights = good ? { good: 24, none: 1, others: 3 } : { good: 0, none: 9, others: 1 };
  return fc.oneof(
    { weight: weights.good, arbitrary: fc.constant(good ?? {}) },
    { weight: weights.none, arbitrary: none },
    { weight: weights.others, arbitrary: others },
  );
}

function goodCredential({ id, path, dialect, schemes }: Operation): Record<string, string> | null {
  if (path.includes('/operator/') || id === 'latchkeyCreateApiKey')
    return { Authorization: `Bearer ${mark('operator.access-latchkey', 'me')}` };
  if (id === 'latchkeyIntrospectToken' || id === 'latchkeyRevokeToken')
    return { Authorization: `Bearer ${mark('operator.key-latchkey', 'me')}` };
  if (id === 'pixyleRefresh' || id === 'pixyleRevokeRefresh') return { Authorization: `Bearer ${mark('actor.refresh-pixyle', 'me')}` };
  const known = mergedDocument.components as unknown as { securitySchemes: Record<string, { type: string; name?: string }> };
  const scheme = known.securitySchemes[schemes[0] ?? ''];
  if (!scheme) return null;
  if (scheme.type === 'apiKey') return { [String(scheme.name)]: mark(`actor.key-${dialect}`, 'me') };
  return { Authorization: `Bearer ${mark(`actor.access-${dialect}`, 'me')}` };
}

function otherTokens(dialect: string): fc.Arbitrary<string> {
  const dialects = fc.constantFrom(...DIALECTS);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = part({ sub: '00000000-0000-4000-8000-000000000000', aud: dialect, iss: 'http://latchkey.test', exp: 4e9, sid: 'x' });
  return fc.oneof(
    fc.tuple(dialects, somebody).map(([other, n]) => mark(`actor.access-${other}`, n)),
    fc.tuple(dialects, somebody).map(([other, n]) => mark(`actor.refresh-${other}`, n)),
    fc.tuple(dialects, somebody).map(([other, n]) => mark(`actor.key-${other}`, n)),
    somebody.map((n) => mark(`actor.access-${dialect}`, n)),
    somebody.map((n) => mark('operator.key-latchkey', n)),
    somebody.map((n) => mark(`expired.${dialect}`, n)),
    fc.constantFrom('x', '.', 'A', '=').map((end) => `${mark(`actor.access-${dialect}`, 'me')}${end}`),
    fc.constantFrom('none', 'HS256', 'ES256').map((alg) => `${part({ alg, typ: 'at+jwt', kid: '../../etc' })}.${claims}.`),
    fc.constantFrom('', ' ', 'null', 'undefined', 'sess_', 'ak_', 'lk_', 'pyth_', '..', 'a.b.c', 'e30.e30.', '{}', 'Bearer', '\u00ff'),
  );
}

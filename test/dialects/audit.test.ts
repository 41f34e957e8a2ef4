import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LatchkeyAuditRecord } from '../../generated/client/types.gen.js';
import type { AccountRequest } from '../../src/core/create-account.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS } from '../support/logins.js';
import { nativeApi, PASSWORD, walk, type Native } from '../support/native.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NOBODYS_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const SIGN_INS = [...LOGINS, { dialect: 'latchkey', path: '/latchkey/v1/sessions' }];

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let operator: string;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    operator = (await native.newcomer('operator@example.com', { operator: true })).accessToken;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const trail = (query = '') =>
    walk<LatchkeyAuditRecord>((page) => native.call('GET', `/operator/audit?${query}&${page}`, { token: operator }), 100);
  /** What an answered request has left in the trail, oldest first. */
  const recordsOf = async ({ headers }: Answer) =>
    (await trail()).filter(({ requestId }) => requestId === headers.get('x-request-id')).reverse();
  const hashOf = (address: string) => server.service.ports.tokens.addressHash(address).toString('hex');
  const databaseTime = async (): Promise<number> => (await database.source.query('SELECT clock_timestamp() AS now'))[0].now.getTime();

  describe.each(SIGN_INS)(
    'a sign-in through $dialect',
    ({ dialect, path, headers = {} }: { dialect: string; path: string; headers?: Record<string, string> }) => {
      const signIn = (email: string, password: string) => server.send('POST', path, { body: { email, password }, headers });

      it('S40: that succeeds is recorded: who, when in UTC, through which API, from where, by which request', async () => {
        const id = await native.createAccount(`good@${dialect}.example`);
        const before = await databaseTime();
        const answer = await signIn(`good@${dialect}.example`, PASSWORD);

        expect(answer.status).toBe(200);
        const [record, ...others] = await recordsOf(answer);
        expect(others).toEqual([]);
        expect(record).toEqual({
          id: expect.stringMatching(/^\d+$/),
          at: expect.stringMatching(UTC_TIME),
          action: 'session.opened',
          outcome: 'success',
          reason: null,
          accountId: id,
          actorId: null,
          addressHash: null,
          dialect,
          ipAddress: '127.0.0.1',
          requestId: answer.headers.get('x-request-id'),
        });
        expect(Date.parse(record?.at ?? '')).toBeGreaterThanOrEqual(Math.floor(before));
        expect(Date.parse(record?.at ?? '')).toBeLessThanOrEqual(await databaseTime());
      });

      it.each<[what: string, account: Partial<AccountRequest> | null, password: string, reason: string]>([
        ['an unknown address', null, PASSWORD, 'unknown_account'],
        ['a wrong password', {}, 'not the password', 'wrong_password'],
        ['no password', { password: null }, PASSWORD, 'no_password_set'],
        ['a banned account', { status: 'banned' }, PASSWORD, 'account_banned'],
        ['an account that is not activated', { status: 'inactive' }, PASSWORD, 'account_inactive'],
        ['a deleted account', { status: 'deleted' }, PASSWORD, 'account_deleted'],
      ])('S40: that is refused is recorded alike: %s', async (_what, account, password, reason) => {
        const email = `${reason}@${dialect}.example`;
        const accountId = account && (await native.createAccount(email, account));
        const answer = await signIn(email.toUpperCase(), password);

        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(await recordsOf(answer)).toEqual([
          {
            id: expect.any(String),
            at: expect.stringMatching(UTC_TIME),
            action: 'session.opened',
            outcome: 'failure',
            reason,
            accountId,
            actorId: null,
            addressHash: hashOf(email),
            dialect,
            ipAddress: '127.0.0.1',
            requestId: answer.headers.get('x-request-id'),
          },
        ]);
      });
    },
  );

  it('S40: a sign-in tells the trail what is true where its answer hides it', async () => {
    const hiding = await startServer(database, { environment: { FLASHBACK_HIDE_ACCOUNTS: 'true' } });
    await native.createAccount('hidden@example.com', { password: null });
    const ask = (email: string) => hiding.send('POST', '/user/login', { body: { email, password: PASSWORD } });
    const answers = [await ask('hidden@example.com'), await ask('nobody@example.com')];
    await hiding.close();

    expect(answers[0]?.body).toEqual(answers[1]?.body);
    const records = await Promise.all(answers.map(recordsOf));
    expect(records.flat().map(({ reason }) => reason)).toEqual(['no_password_set', 'unknown_account']);
  });

  describe('what is tried and refused', () => {
    const email = 'ada@example.com';
    let token: string;
    let accountId: string;
    beforeAll(async () => {
      const { accessToken, account } = await native.newcomer(email);
      token = accessToken;
      accountId = account.id;
    });
    const post = (path: string, body: object, bearer?: string) =>
      native.call('POST', path, { body, ...(bearer !== undefined && { token: bearer }) });
    const own = () => ({ accountId, addressHash: null });

    const ATTEMPTS: [what: string, ask: () => Promise<Answer>, record: () => object][] = [
      [
        'a new password, with a wrong one',
        () => native.call('PUT', '/account/password', { token, body: { currentPassword: 'wrong', newPassword: `${PASSWORD}!` } }),
        () => ({ ...own(), action: 'password.changed', reason: 'wrong_current_password' }),
      ],
      [
        'another address, with a wrong password',
        () => native.call('PUT', '/account/email', { token, body: { currentPassword: 'wrong', email: 'Other@example.com' } }),
        () => ({ accountId, addressHash: hashOf('other@example.com'), action: 'email.changed', reason: 'wrong_current_password' }),
      ],
      [
        "somebody else's address",
        () => native.call('PUT', '/account/email', { token, body: { currentPassword: PASSWORD, email: 'operator@example.com' } }),
        () => ({ accountId, addressHash: hashOf('operator@example.com'), action: 'email.changed', reason: 'new_email_taken' }),
      ],
      [
        "the account's deletion, with a wrong password",
        () => post('/account/deletion', { currentPassword: 'wrong' }, token),
        () => ({ ...own(), action: 'account.deleted', reason: 'wrong_current_password' }),
      ],
      [
        'a reset, with a bad token',
        () => post('/password-reset/confirm', { token: 'x', newPassword: PASSWORD }),
        () => ({ accountId: null, addressHash: null, action: 'password.reset', reason: 'reset_token_invalid' }),
      ],
      [
        'a reset of an unknown address',
        () => post('/password-reset', { email: 'unknown@example.com' }),
        () => ({
          accountId: null,
          addressHash: hashOf('unknown@example.com'),
          action: 'password.reset_requested',
          reason: 'unknown_email',
        }),
      ],
      [
        'a verification, with a bad token',
        () => post('/email-verification/confirm', { token: 'x' }),
        () => ({ accountId: null, addressHash: null, action: 'email.verified', reason: 'verification_token_invalid' }),
      ],
      [
        'an activation, with a bad token',
        () => post('/activation', { accountId: NOBODYS_ID, token: 'x', password: PASSWORD, name: 'X' }),
        () => ({ accountId: null, addressHash: null, action: 'account.activated', reason: 'activation_token_invalid' }),
      ],
      [
        'a verification of an unknown address, by a code',
        () => server.send('POST', '/v1/auth/verify-email', { body: { email: 'unknown@example.com', code: '123456' } }),
        () => ({
          accountId: null,
          addressHash: hashOf('unknown@example.com'),
          dialect: 'px0',
          action: 'email.verified',
          reason: 'unknown_account',
        }),
      ],
      [
        'a sign-up, with an address that is taken',
        () => post('/sign-up', { email: 'ADA@example.com', password: PASSWORD }),
        () => ({ accountId: null, addressHash: hashOf(email), action: 'account.created', reason: 'email_taken' }),
      ],
      [
        'a registration through Pyth-On, with an address that is taken',
        () => server.send('POST', '/api/register', { body: { email, password: PASSWORD } }),
        () => ({ accountId: null, addressHash: hashOf(email), dialect: 'pyth-on', action: 'account.created', reason: 'email_taken' }),
      ],
      ...(
        [
          ['GET', '/accounts', undefined, 'account.read', null],
          ['POST', '/accounts', { email: 'friend@example.com' }, 'account.invited', null],
          ['GET', `/accounts/${NOBODYS_ID}`, undefined, 'account.read', NOBODYS_ID],
          ['PUT', `/accounts/${NOBODYS_ID}/status`, { status: 'banned' }, 'account.set_banned', NOBODYS_ID],
          ['POST', `/accounts/${NOBODYS_ID}/password-reset`, undefined, 'password.reset_requested', NOBODYS_ID],
          ['POST', `/accounts/${NOBODYS_ID}/sessions/end`, undefined, 'session.all_ended', NOBODYS_ID],
          ['GET', '/audit', undefined, 'audit.read', null],
        ] as const
      ).map(([method, path, body, action, about]): [string, () => Promise<Answer>, () => object] => [
        `${method} ${path} by somebody who is no operator`,
        () => native.call(method, `/operator${path}`, { token, body }),
        () => ({
          action,
          reason: 'forbidden',
          accountId: about,
          actorId: accountId,
          addressHash: action === 'account.invited' ? hashOf('friend@example.com') : null,
        }),
      ]),
    ];
    it.each(ATTEMPTS)('S40: is recorded: %s', async (_what, ask, record) => {
      const answer = await ask();

      expect(await recordsOf(answer)).toEqual([
        {
          id: expect.any(String),
          at: expect.stringMatching(UTC_TIME),
          outcome: 'failure',
          actorId: null,
          dialect: 'latchkey',
          ipAddress: '127.0.0.1',
          requestId: answer.headers.get('x-request-id'),
          ...record(),
        },
      ]);
    });

    it('S40: is recorded: a wrong code, and a right one', async () => {
      await server.send('POST', '/v1/auth/register', { body: { email: 'coded@example.com', password: PASSWORD } });
      const mail = native.mailsTo('coded@example.com').at(-1);
      const code = mail && 'code' in mail ? mail.code : '';
      const verify = (given: string) => server.send('POST', '/v1/auth/verify-email', { body: { email: 'coded@example.com', code: given } });
      const [wrong, right] = [await verify(code === '000000' ? '000001' : '000000'), await verify(code)];

      expect((await recordsOf(wrong)).map(({ action, reason }) => [action, reason])).toEqual([
        ['email.verified', 'verification_code_invalid'],
      ]);
      expect((await recordsOf(right)).map(({ action, outcome }) => [action, outcome])).toEqual([['email.verified', 'success']]);
    });

    it('S40: is recorded: a refresh token of ours that is good no more; one that is none leaves no row', async () => {
      const { refreshToken, accessToken, account } = await native.newcomer('refreshing@example.com');
      const signedOut = await native.call('DELETE', '/sessions/current', { token: accessToken });
      const [ours, none] = [await post('/sessions/refresh', { refreshToken }), await post('/sessions/refresh', { refreshToken: 'x' })];

      expect(await recordsOf(signedOut)).toMatchObject([{ action: 'session.ended', outcome: 'success', accountId: account.id }]);
      expect(await recordsOf(ours)).toMatchObject([
        { action: 'session.refreshed', outcome: 'failure', reason: 'refresh_token_invalid', accountId: account.id },
      ]);
      expect(await recordsOf(none)).toEqual([]);
    });
  });

  it('S40: tokens that are ended are recorded, by whomever and through whichever API', async () => {
    const email = 'ending@example.com';
    const id = await native.createAccount(email);
    const key = await native.call('POST', '/api-keys', { token: operator, body: { name: 'CI', scopes: ['tokens:revoke'] } });
    const { key: bearer } = key.body as { key: string };
    const opaque = await server.send('POST', '/v1/auth/login', { body: { email, password: PASSWORD } });
    const pixyle = await server.send('POST', '/auth/v1/token', { body: { email, password: PASSWORD } });
    const { token: opaqueToken } = opaque.body as { token: string };
    const { access_token: accessToken } = pixyle.body as { access_token: string };
    const { accessToken: another } = await native.signIn(email);

    const answers = [
      await server.send('DELETE', '/auth/v1/revoke_access', { headers: { authorization: `Bearer ${accessToken}` } }),
      await server.send('DELETE', '/v1/auth/session', { headers: { authorization: `Bearer ${opaqueToken}` } }),
      await native.call('POST', '/revoke', { token: bearer, form: { token: another } }),
    ];

    const records = (await Promise.all(answers.map(recordsOf))).flat();
    expect(records.map(({ action, accountId, dialect }) => [action, accountId, dialect])).toEqual([
      ['access_token.revoked', id, 'pixyle'],
      ['session.ended', id, 'px0'],
      ['access_token.revoked', id, 'latchkey'],
    ]);
    expect(records.map(({ actorId }) => actorId !== null)).toEqual([false, false, true]);
  });

  it('can be read by outcome', async () => {
    const [failures, successes, all] = [await trail('outcome=failure'), await trail('outcome=success'), await trail()];

    expect(failures.length + successes.length).toBe(all.length);
    expect(new Set(failures.map(({ outcome, reason }) => outcome === 'failure' && reason !== null))).toEqual(new Set([true]));
    expect(new Set(successes.map(({ outcome, reason }) => outcome === 'success' && reason === null))).toEqual(new Set([true]));
    expect((await native.call('GET', '/operator/audit?outcome=maybe', { token: operator })).status).toBe(400);
  });

  it('keeps of an account that was deleted its id, and keyed hashes of what was tried: no address and no name', async () => {
    const words = ['forgotten@example.com', 'remembered@example.com', 'Ada Forgotten'];
    const [email = '', other = '', name = ''] = words;
    const { accessToken: token, account } = await native.newcomer(email, { name });
    await native.call('POST', '/sessions', { body: { email, password: 'wrong' } });
    await native.call('POST', '/sign-up', { body: { email, password: PASSWORD, name } });
    await native.call('PATCH', '/account', { token, body: { name: `${name}!` } });
    await native.call('PUT', '/account/email', { token, body: { email: other, currentPassword: PASSWORD } });

    expect((await native.call('POST', '/account/deletion', { token, body: { currentPassword: PASSWORD } })).status).toBe(204);

    expect((await trail(`accountId=${account.id}`)).map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'account.deleted success',
      'email.changed success',
      'profile.changed success',
      'session.opened failure',
      'session.opened success',
      'account.created success',
    ]);
    const dump = JSON.stringify(
      await database.source.query('SELECT row_to_json(event)::text AS event, encode(address_hash, $1) AS hash FROM audit_events event', [
        'escape',
      ]),
    );
    expect(dump).toContain(account.id);
    for (const word of [...words, PASSWORD, token]) expect(dump.toLowerCase()).not.toContain(word.toLowerCase());
  });
});

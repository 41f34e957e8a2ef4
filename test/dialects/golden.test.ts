import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inviteAccount } from '../../src/core/invite-account.js';
import { commandLineContext } from '../../src/cli/commands.js';
import type { Mail } from '../../src/core/mail.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startServer, type Sent, type TestServer } from '../support/server.js';

// What each dialect answers, to the last field and header: test/golden/<dialect>.json. After a change that is meant, make them anew
// with UPDATE_GOLDEN=1, and read the difference.

const PASSWORD = 'open sesame, please';
const NEW_PASSWORD = 'close sesame, please';
const V1 = { 'X-API-Version': 'v1' };

/** Differ from answer to answer, or are node's own. */
const UNPINNED_HEADERS = new Set(['date', 'x-request-id', 'content-length', 'connection', 'keep-alive', 'ratelimit']);

/** Every header that comes with every answer; told once, not with each. */
const USUAL_HEADERS = new Set([
  'cache-control',
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'origin-agent-cluster',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
]);

/** What is another text each time, and its name. */
const NAMES: [RegExp, string][] = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<JWT>'],
  [/sess_[0-9a-f]{64}/g, '<session token>'],
  [/pyth_[0-9a-f]{96}/g, '<derived API key>'],
  [/(ak|lk)_[0-9a-f]{64}/g, '<API key>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'],
  [/(?<=[:,])1[789]\d{8}(?=[,}])/g, '"<seconds>"'],
  [/(?<="uptime":)\d+/g, '"<seconds>"'],
  [/(?<="id":)"\d+"/g, '"<number>"'],
];
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

type Body = Record<string, never> & { [field: string]: string };
type Ask = (method: string, path: string, sent?: Sent) => Promise<Body>;
type Life = (ask: Ask, last: (kind: Mail['kind']) => Mail & Record<string, string>, server: TestServer) => Promise<void>;

const bearer = (token = '') => ({ authorization: `Bearer ${token}` });

const LIVES: Record<string, Life> = {
  async 'pyth-on'(ask) {
    const { token } = await ask('POST', '/api/register', { body: { email: 'ada@example.com', password: PASSWORD } });
    await ask('POST', '/api/register', { body: { email: 'ada@example.com', password: PASSWORD } });
    await ask('POST', '/api/register', { body: { email: 'bob@example.com', password: 'short' } });
    await ask('POST', '/api/login', { body: { email: 'ada@example.com', password: PASSWORD } });
    await ask('POST', '/api/login', { body: { email: 'ada@example.com', password: 'a guess' } });
    await ask('POST', '/api/login', { body: {} });
    await ask('POST', '/api/verify', { headers: bearer(token) });
    await ask('POST', '/api/verify');
    await ask('POST', '/api/refresh', { headers: bearer(token) });
    await ask('GET', '/api/health');
    await ask('GET', '/api');
    await ask('GET', '/api/nothing');
    await ask('PUT', '/api/login');
  },

  async px0(ask, last) {
    const credentials = { email: 'px0@example.com', password: PASSWORD };
    await ask('POST', '/v1/auth/register', { body: credentials });
    await ask('POST', '/v1/auth/register', { body: credentials });
    await ask('POST', '/v1/auth/register', { body: { email: 'px0' } });
    await ask('POST', '/v1/auth/login', { body: credentials });
    await ask('GET', '/v1/auth/verify-email?email=px0@example.com');
    await ask('POST', '/v1/auth/verify-email', { body: { email: 'px0@example.com', code: 'wrong' } });
    await ask('POST', '/v1/auth/verify-email', { body: { email: 'px0@example.com', code: last('email verification code').code } });
    await ask('POST', '/v1/auth/verify-email', { body: { email: 'px0@example.com', code: '000000' } });
    await ask('POST', '/v1/auth/password-reset/trigger', { body: { email: 'px0@example.com' } });
    await ask('POST', '/v1/auth/password-reset/trigger', { body: { email: 'nobody@example.com' } });
    await ask('POST', '/v1/auth/password-reset/reset', { body: { code: last('password reset').token, new_password: NEW_PASSWORD } });
    await ask('POST', '/v1/auth/password-reset/reset', { body: { code: 'again', new_password: NEW_PASSWORD } });
    const { token } = await ask('POST', '/v1/auth/login', { body: { email: 'px0@example.com', password: NEW_PASSWORD } });
    const headers = bearer(token);
    const { sessions } = (await ask('GET', '/v1/auth/sessions', { headers })) as unknown as { sessions: { id: string }[] };
    await ask('GET', '/v1/auth/me', { headers });
    await ask('GET', '/v1/auth/me');
    await ask('POST', '/v1/auth/me/change-password', { headers, body: { current_password: NEW_PASSWORD, new_password: PASSWORD } });
    await ask('POST', '/v1/auth/me/change-password', { headers, body: { current_password: 'a guess', new_password: PASSWORD } });
    const { organizations } = (await ask('GET', '/v1/me/orgs', { headers })) as unknown as { organizations: { id: string }[] };
    const org_id = organizations[0]?.id;
    const { id, key } = await ask('POST', '/v1/api-keys', { headers, body: { name: 'CI', org_id } });
    await ask('GET', '/v1/auth/me', { headers: bearer(key) });
    await ask('GET', `/v1/api-keys?org_id=${org_id}`, { headers });
    await ask('PUT', `/v1/api-keys/${id}`, { headers, body: { operation: 'all' } });
    await ask('POST', `/v1/api-keys/${id}/regenerate`, { headers });
    await ask('DELETE', `/v1/api-keys/${id}`, { headers });
    await ask('DELETE', `/v1/api-keys/${id}`, { headers });
    await ask('GET', '/v1/health');
    await ask('PUT', '/v1/auth/me', { headers, body: { email: 'ada@elsewhere.example' } });
    await ask('GET', '/v1/auth/me', { headers });
    await ask('POST', '/v1/auth/verify-email', { body: { email: 'ada@elsewhere.example', code: last('email verification code').code } });
    await ask('DELETE', '/v1/auth/me', { headers });
    await ask('DELETE', `/v1/auth/sessions/${sessions[0]?.id}`, { headers });
    await ask('DELETE', '/v1/auth/session', { headers });
  },

  async pixyle(ask, _last, server) {
    await server.createAccount({ email: 'pixyle@example.com', password: PASSWORD });
    const first = await ask('POST', '/auth/v1/token', { body: { email: 'pixyle@example.com', password: PASSWORD } });
    await ask('POST', '/auth/v1/token', { body: { email: 'pixyle@example.com', password: 'a guess' } });
    await ask('POST', '/auth/v1/token', { raw: '' });
    const next = await ask('POST', '/auth/v1/refresh', { headers: bearer(first.refresh_token) });
    await ask('POST', '/auth/v1/refresh', { headers: bearer(next.access_token) });
    await ask('DELETE', '/auth/v1/revoke_access', { headers: bearer(first.access_token) });
    await ask('DELETE', '/auth/v1/revoke_access', { headers: bearer(first.access_token) });
    await ask('DELETE', '/auth/v1/revoke_refresh', { headers: bearer(next.refresh_token) });
    await ask('DELETE', '/auth/v1/revoke_refresh', { headers: bearer(next.refresh_token) });
  },

  async puppilot(ask, last, server) {
    await server.createAccount({ email: 'puppilot@example.com', password: PASSWORD });
    const credentials = { email: 'puppilot@example.com', password: PASSWORD };
    const first = await ask('POST', '/auth/login', { headers: V1, body: credentials });
    await ask('POST', '/auth/login', { body: credentials });
    await ask('POST', '/auth/login', { headers: V1, body: { email: 7 } });
    await ask('POST', '/auth/sign-in', { body: credentials });
    const next = await ask('POST', '/auth/refresh-token', { headers: V1, body: { token: first.refresh_token } });
    await ask('POST', '/auth/refresh-token', { headers: V1, body: { token: 'none' } });
    const headers = { ...V1, ...bearer(next.access_token) };
    await ask('GET', '/users/me', { headers });
    await ask('GET', '/organizations/get', { headers });
    await ask('PATCH', '/users/change-password', { headers, body: { old_password: PASSWORD, new_password: NEW_PASSWORD } });
    await ask('PATCH', '/users/change-password', { headers, body: { old_password: PASSWORD, new_password: NEW_PASSWORD } });
    await ask('POST', '/auth/request-password-reset', { headers: V1, body: { email: 'puppilot@example.com' } });
    await ask('POST', '/auth/reset-password', { headers: V1, body: { token: last('password reset').token, new_password: PASSWORD } });
    await ask('POST', '/auth/reset-password', { headers: V1, body: { token: 'again', new_password: PASSWORD } });
    await ask('GET', '/users/me', { headers });
  },

  async flashback(ask, last, server) {
    const registration = {
      email: 'flash@example.com',
      password: PASSWORD,
      firstName: 'Ada',
      lastName: 'Lovelace',
      companyName: 'Engines',
      isBusiness: true,
    };
    const { email } = registration;
    const registered = await ask('POST', '/user/register', { body: registration });
    await ask('POST', '/user/register', { body: registration });
    await ask('POST', '/user/register', { body: { email } });
    await ask('POST', '/user/deactivate', { headers: bearer(registered.accessToken) });
    await ask('POST', `/user/resend-verification/${registered.verificationTokenId}`);
    const { token } = last('email verification link');
    await ask('POST', '/user/pre-verify-email', { body: { token } });
    await ask('POST', '/user/verify-email', { body: { token } });
    await ask('POST', '/user/verify-email', { body: { token } });
    const deviceInfo = { userAgent: 'test', deviceType: 'DESKTOP', os: 'Linux', browser: 'Firefox' };
    const first = await ask('POST', '/user/login', { body: { email, password: PASSWORD, deviceInfo } });
    await ask('POST', '/user/login', { body: { email, password: 'a guess' } });
    await ask('POST', '/user/login', { body: { email: 'nobody@example.com', password: PASSWORD } });
    const next = await ask('POST', '/user/refresh', { body: { refreshToken: first.refreshToken } });
    const headers = bearer(next.accessToken);
    await ask('GET', '/user/profile', { headers });
    await ask('GET', '/user/profile');
    await ask('POST', `/sessions/${first.tokenId}/heartbeat`, { headers });
    await ask('POST', `/sessions/${registered.tokenId}/revoke`, { headers });
    await ask('POST', `/sessions/${registered.tokenId}/revoke`, { headers });
    await ask('DELETE', `/token/${registered.tokenId}`, { headers });
    await ask('POST', '/user/request-reset-password', { body: { email } });
    await ask('POST', '/user/reset-password', { body: { token: last('password reset').token, newPassword: NEW_PASSWORD } });
    const again = await ask('POST', '/user/login', { body: { email, password: NEW_PASSWORD } });
    await ask('GET', '/token', { headers: bearer(again.accessToken) });
    await ask('GET', '/sessions', { headers: bearer(again.accessToken) });
    await ask('POST', '/user/logout', { body: { refresh_token: again.refreshToken } });
    await inviteAccount(commandLineContext(server.service), { email: 'invited@example.com' });
    const invitation = last('invitation');
    const registrationInfo = { ...registration, email: 'invited@example.com' };
    const { accessToken } = await ask('POST', '/user/activate', {
      body: { uid: invitation.accountId, token: invitation.token, registrationInfo },
    });
    await ask('POST', '/sessions/revoke-all', { headers: bearer(accessToken) });
    await ask('GET', '/health');
    await ask('GET', '/');
  },

  async latchkey(ask, last, server) {
    const api = '/latchkey/v1';
    const email = 'native@example.com';
    await ask('POST', `${api}/sign-up`, { body: { email, password: PASSWORD, name: 'Ada' } });
    await ask('POST', `${api}/sign-up`, { body: { email, password: PASSWORD } });
    await ask('POST', `${api}/sign-up`, { body: { email } });
    await ask('POST', `${api}/sessions`, { body: { email, password: PASSWORD } });
    await ask('POST', `${api}/email-verification`, { body: { email } });
    await ask('POST', `${api}/email-verification/confirm`, { body: { token: last('email verification link').token } });
    await ask('POST', `${api}/email-verification/confirm`, { body: { token: 'again' } });
    const first = await ask('POST', `${api}/sessions`, { body: { email, password: PASSWORD, deviceName: 'phone' } });
    await ask('POST', `${api}/sessions`, { body: { email, password: 'a guess' } });
    const next = await ask('POST', `${api}/sessions/refresh`, { body: { refreshToken: first.refreshToken } });
    await ask('POST', `${api}/sessions/refresh`, { body: { refreshToken: 'none' } });
    const headers = bearer(next.accessToken);
    await ask('GET', `${api}/account`, { headers });
    await ask('GET', `${api}/account`);
    await ask('PATCH', `${api}/account`, { headers, body: { name: 'Ada Lovelace' } });
    await ask('GET', `${api}/account/organization`, { headers });
    await ask('GET', `${api}/sessions?limit=1`, { headers });
    await ask('GET', `${api}/sessions?cursor=none`, { headers });
    await ask('PUT', `${api}/account/password`, { headers, body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } });
    await ask('PUT', `${api}/account/password`, { headers, body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } });
    const made = await ask('POST', `${api}/api-keys`, { headers, body: { name: 'CI', scopes: ['account:read'] } });
    await ask('POST', `${api}/api-keys`, { headers, body: { name: 'CI', scopes: ['tokens:introspect'] } });
    await ask('GET', `${api}/account`, { headers: bearer(made.key) });
    await ask('GET', `${api}/api-keys`, { headers });
    const { id } = made.apiKey as unknown as { id: string };
    await ask('POST', `${api}/api-keys/${id}/rotate`, { headers });
    await ask('DELETE', `${api}/api-keys/${id}`, { headers });
    await ask('DELETE', `${api}/api-keys/${id}`, { headers });
    await ask('GET', `${api}/operator/accounts`, { headers });
    await ask('POST', `${api}/sessions/end`, { headers, body: { which: 'others' } });
    await server.createAccount({ email: 'operator@example.com', password: PASSWORD, operator: true });
    const operator = await ask('POST', `${api}/sessions`, { body: { email: 'operator@example.com', password: PASSWORD } });
    const operating = bearer(operator.accessToken);
    const scopes = ['tokens:introspect', 'tokens:revoke'];
    const { key } = await ask('POST', `${api}/api-keys`, { headers: operating, body: { name: 'gateway', scopes } });
    const form = { ...bearer(key), 'content-type': 'application/x-www-form-urlencoded' };
    await ask('POST', `${api}/introspect`, { headers: form, raw: `token=${next.accessToken}` });
    await ask('POST', `${api}/revoke`, { headers: form, raw: `token=${next.accessToken}` });
    await ask('POST', `${api}/introspect`, { headers: form, raw: `token=${next.accessToken}` });
    await ask('POST', `${api}/introspect`, { headers: bearer(operator.accessToken), raw: '' });
    await ask('GET', `${api}/operator/accounts?query=native`, { headers: operating });
    const invited = await ask('POST', `${api}/operator/accounts`, { headers: operating, body: { email: 'guest@example.com' } });
    await ask('GET', `${api}/operator/accounts/${invited.id}`, { headers: operating });
    await ask('PUT', `${api}/operator/accounts/${invited.id}/status`, { headers: operating, body: { status: 'banned' } });
    await ask('GET', `${api}/operator/audit?accountId=${invited.id}`, { headers: operating });
    await ask('DELETE', `${api}/sessions/current`, { headers: operating });
    await ask('GET', '/livez');
    await ask('GET', '/readyz');
    await ask('GET', '/latchkey/v1/nothing');
  },
};

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  describe.each(Object.entries(LIVES))('a whole life in %s', (dialect, live) => {
    it('is answered as it always was', async () => {
      const ids = new Map<string, string>();
      const answers: Record<string, unknown>[] = [];
      const ask: Ask = async (method, path, sent) => {
        const { status, headers, body } = await server.send(method, path, sent);
        const shown = [...headers].filter(([name]) => !UNPINNED_HEADERS.has(name));
        const usual = Object.fromEntries(shown.filter(([name]) => USUAL_HEADERS.has(name)));
        if (answers.length === 0) answers.push({ 'headers of every answer': usual });
        expect(usual).toEqual(answers[0]?.['headers of every answer']);
        const special = Object.fromEntries(shown.filter(([name]) => !USUAL_HEADERS.has(name)));
        answers.push({
          request: `${method} ${named(path, ids)}`,
          status,
          ...special,
          body: JSON.parse(named(JSON.stringify(body ?? null), ids)),
        });
        return (body ?? {}) as Body;
      };
      const last = (wanted: Mail['kind']) => {
        const mail = server.mails.findLast(({ kind: found }) => found === wanted);
        if (!mail) throw new Error(`no ${wanted} went out`);
        return mail as Mail & Record<string, string>;
      };

      await live(ask, last, server);

      const file = `test/golden/${dialect}.json`;
      if (process.env.UPDATE_GOLDEN) fs.writeFileSync(file, `${JSON.stringify(answers, null, 2)}\n`);
      expect(answers).toEqual(JSON.parse(fs.readFileSync(file, 'utf8')));
    });
  });
});

/** The same text with names in place of what is another each time; the same id has the same name all through. */
function named(text: string, ids: Map<string, string>): string {
  const withIds = text.replace(UUID, (id) => {
    if (!ids.has(id)) ids.set(id, `<id ${ids.size + 1}>`);
    return ids.get(id) ?? '';
  });
  return NAMES.reduce((rest, [pattern, name]) => rest.replace(pattern, name), withIds);
}

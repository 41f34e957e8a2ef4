import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from '../../src/core/context.js';
import { refreshSession, renewSession } from '../../src/core/refresh-session.js';
import { signInWithPassword } from '../../src/core/sign-in-with-password.js';
import { signOutWithOpaqueToken, signOutWithRefreshToken } from '../../src/core/sign-out.js';
import { ada, contextOf, fakePorts } from '../support/fake-ports.js';

describe('a session that is open', () => {
  let fakes: ReturnType<typeof fakePorts>;
  let context: Context;
  let token: string;
  beforeEach(async () => {
    fakes = fakePorts([ada()]);
    context = contextOf(fakes.ports);
    const signedIn = await signInWithPassword(context, { email: 'ada@example.com', password: 'open sesame' });
    token = signedIn.ok ? signedIn.value.refreshToken : '';
  });
  const refresh = (refreshToken: string, dialect = 'pixyle', accessToken?: string) =>
    refreshSession({ ...context, dialect }, { refreshToken, ...(accessToken && { accessToken }) });
  const principal = { accountId: ada().id, account: null, session: { id: 'session 1' }, accessToken: null, rights: null };
  async function refreshed(refreshToken: string): Promise<string> {
    const outcome = await refresh(refreshToken);
    if (!outcome.ok) throw new Error(outcome.refusal);
    return outcome.value.refreshToken;
  }

  it('goes on with the next token, and with the same one for whoever asks again in time', async () => {
    const next = await refreshed(token);

    expect(next).not.toBe(token);
    expect(await refreshed(token)).toBe(next);
    expect(fakes.sessions).toMatchObject([{ generation: 2 }]);
  });

  it('ends with a token that comes again too late', async () => {
    const next = await refreshed(token);
    fakes.graceIsOver.now = true;

    expect(await refresh(token)).toEqual({ ok: false, refusal: 'refresh_token_reused' });
    expect(fakes.sessions).toEqual([]);
    expect(fakes.events).toContainEqual(expect.objectContaining({ action: 'refresh_token.reused', accountId: ada().id }));
    expect(await refresh(next)).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
  });

  it('goes on untouched by a token that is none, or is for another dialect, or has expired', async () => {
    const expired = token.replace('"expired":false', '"expired":true');

    expect(await refresh('nonsense')).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
    expect(await refresh(token, 'puppilot')).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
    expect(await refresh(expired)).toEqual({ ok: false, refusal: 'refresh_token_expired' });
    expect(fakes.sessions).toMatchObject([{ generation: 1 }]);
  });

  it('goes on untouched when the access token beside is not of the same account', async () => {
    const accessToken = (sub: string) => `access ${JSON.stringify({ aud: 'pixyle', sub })}`;

    expect(await refresh(token, 'pixyle', accessToken('somebody else'))).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
    expect(await refresh(token, 'pixyle', 'nonsense')).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
    expect(fakes.sessions).toMatchObject([{ generation: 1 }]);
    expect(await refresh(token, 'pixyle', accessToken(ada().id))).toMatchObject({ ok: true });
  });

  it('is over for an account that is not active any more', async () => {
    fakes.accounts[0] = ada({ status: 'banned' });

    expect(await refresh(token)).toMatchObject({ ok: false });
    expect(await renewSession(context, principal)).toEqual({ ok: false, refusal: 'unauthorized' });
  });

  it('is renewed without a refresh token where there are none', async () => {
    expect(await renewSession(context, principal)).toMatchObject({ ok: true, value: { session: { generation: 1 } } });
  });

  it('ends by its refresh token, of whichever generation, and by no other', async () => {
    expect(await signOutWithRefreshToken({ ...context, dialect: 'puppilot' }, token)).toEqual({
      ok: false,
      refusal: 'refresh_token_invalid',
    });
    expect(await signOutWithRefreshToken(context, 'nonsense')).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
    expect(fakes.sessions).toHaveLength(1);
    await refreshed(token);

    expect(await signOutWithRefreshToken(context, token)).toEqual({ ok: true, value: null });
    expect(fakes.sessions).toEqual([]);
    expect(await signOutWithRefreshToken(context, token)).toEqual({ ok: false, refusal: 'refresh_token_invalid' });
  });

  it('ends by its opaque token, and by nothing that cannot be one', async () => {
    await signOutWithOpaqueToken(context, 'nonsense');
    expect(fakes.sessions).toHaveLength(1);
    await signOutWithOpaqueToken(context, 'opaque');
    expect(fakes.sessions).toEqual([]);
  });
});

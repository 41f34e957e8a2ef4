import type { OperationsOf } from '../../dialect.js';
import { BAD_CURSOR, BY_TIME, toPage, wantedPage } from '../paging.js';
import { DONE } from '../replies.js';
import { toSession, toSignedIn } from '../wire.js';

type Handled = 'signIn' | 'listSessions' | 'refreshSession' | 'endSessions' | 'signOut' | 'endSession';

const EVERY_DIALECT = { everyDialect: true };

/** Sign in, refresh, and see and end what is open. */
export const sessions: Pick<OperationsOf<'latchkey'>, Handled> = {
  async signIn({ body }, core, { principal }) {
    const { email, password, deviceName } = body;
    const signedIn = await core.signInWithPassword({ email, password, deviceName });
    if (!signedIn.ok) return signedIn;
    if (principal?.session) await core.endOwnSession(principal, principal.session.id); // who signs in again has done with it
    return { status: 200, body: toSignedIn(signedIn.value) };
  },

  async listSessions({ query }, core, { principal }) {
    const page = wantedPage(query, BY_TIME);
    if (!page) return BAD_CURSOR;
    const found = await core.listOwnSessions(principal, page, EVERY_DIALECT);
    if (!found.ok) return found;
    return { status: 200, body: toPage(found.value, page, BY_TIME, (session) => toSession(session, principal.session?.id)) };
  },

  async refreshSession({ body }, core) {
    const refreshed = await core.refreshSession({ refreshToken: body.refreshToken });
    return refreshed.ok ? { status: 200, body: toSignedIn(refreshed.value) } : refreshed;
  },

  async endSessions({ body }, core, { principal }) {
    const ended = await core.endOwnSessions(principal, { keepThis: body.which === 'others' });
    return ended.ok ? { status: 200, body: { ended: ended.value } } : ended;
  },

  async signOut(_request, core, { principal }) {
    const ended = await core.endOwnSession(principal, principal.session?.id ?? '');
    if (ended.ok) return DONE;
    return ended.refusal === 'session_not_found' ? { ok: false, refusal: 'unauthorized' } : ended; // it was good a moment ago
  },

  async endSession({ path }, core, { principal }) {
    const ended = await core.endOwnSession(principal, path.id, EVERY_DIALECT);
    return ended.ok ? DONE : ended;
  },
};

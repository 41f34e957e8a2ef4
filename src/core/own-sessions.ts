import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { findOwnAccount } from './find-own-account.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { Page, SessionCursor } from './ports.js';
import type { Session } from './session.js';

/** Which of one's own sessions: of every dialect, or of the one that is asked alone. */
export interface OwnSessions {
  everyDialect?: boolean;
}

/**
 * One's own open sessions, newest first.
 *
 * @returns the sessions; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function listOwnSessions(
  context: Context,
  principal: Principal,
  page: Page<SessionCursor>,
  { everyDialect = false }: OwnSessions = {},
): Promise<Outcome<Session[]>> {
  const own = await findOwnAccount(context, principal, { session: true });
  if (!own.ok) return own;
  return done(await context.ports.sessions.list(own.value.id, page, everyDialect ? undefined : context.dialect));
}

/**
 * Ends one of one's own sessions, the one that asks or another one: first that, and then it is recorded, as nothing is to keep people from
 * ending their sessions.
 *
 * @returns nothing; or `session_not_found` (also when it is somebody else's), and what `findOwnAccount` refuses.
 * @throws when a port does; when it cannot be recorded, the session has ended.
 */
export async function endOwnSession(
  context: Context,
  principal: Principal,
  id: string,
  { everyDialect = false }: OwnSessions = {},
): Promise<Outcome<null>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  const ended = await context.ports.sessions.endOwn(id, own.value.id, everyDialect ? undefined : context.dialect);
  if (!ended) return refuse('session_not_found');
  await record(context, { action: 'session.ended', accountId: own.value.id });
  return done(null);
}

/**
 * Ends all of one's own sessions, in every dialect; first that, and then it is recorded.
 *
 * @param keepThis but for the one that asks.
 * @returns how many there were; or what `findOwnAccount` refuses.
 * @throws when a port does; when it cannot be recorded, the sessions have ended.
 */
export async function endOwnSessions(
  context: Context,
  principal: Principal,
  { keepThis }: { keepThis: boolean },
): Promise<Outcome<number>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  const ended = await context.ports.sessions.endAll(own.value.id, (keepThis && principal.session?.id) || null);
  await record(context, { action: 'session.all_ended', accountId: own.value.id });
  return done(ended);
}

/**
 * Notes that one of one's own sessions is alive.
 *
 * @returns the session; or `session_not_found` when it has ended or is somebody else's, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function touchOwnSession(context: Context, principal: Principal, id: string): Promise<Outcome<Session>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  const session = await context.ports.sessions.touch(id, own.value.id, context.dialect);
  return session ? done(session) : refuse('session_not_found');
}

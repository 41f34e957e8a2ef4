import type { Account } from './account.js';
import { recordRefusal, type Context } from './context.js';
import { insertAccount, planAccount, type AccountRequest } from './create-account.js';
import { parseEmailAddress } from './email-address.js';
import { countSignUp } from './limits.js';
import { NOBODY } from './mail.js';
import { openSession, type SessionWish, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import { sendPasswordReset } from './reset-password.js';
import { sendVerification, type SentVerification } from './verify-email.js';

/** Who comes by themselves, and what they tell of themselves. Nothing that they send can make the account more than a new one. */
export interface SignUpRequest extends Pick<AccountRequest, 'email' | 'name' | 'givenName' | 'familyName'> {
  password: string;
  /** What their organisation is to be called; it is a new one, whoever else's has that name. */
  organizationName?: string;
}

/** Somebody who is new: the account, and the mail that went out to verify its address. */
export interface SignedUp {
  account: Account;
  verification: SentVerification;
}

/**
 * Makes an account for somebody who comes by themselves, and mails them what verifies their address. The account is active and not
 * verified; nothing that a request carries can make it more.
 *
 * @returns the account; or `invalid_email`, what `passwordFault` finds, `email_taken`.
 * @throws RateLimited, and what ports throw.
 */
export async function signUp(context: Context, request: SignUpRequest): Promise<Outcome<SignedUp>> {
  const { organizationName, ...own } = request;
  const account = withoutUndefined({ ...own, organization: ownOrganization(organizationName) });
  const planned = await planAccount(context, account, () => countSignUp(context, request.email));
  if (!planned.ok) return planned;
  const signedUp = await context.ports.atomically<SignedUp>(async (stored) => {
    const created = await insertAccount(context, planned.value, stored);
    if (!created.ok) return created;
    const verification = await sendVerification(context, created.value, stored);
    return verification ? done({ account: created.value, verification }) : refuse('email_taken'); // it is there: nobody else sees it yet
  });
  context.ports.mails.deliverSoon();
  return recordRefusal(context, signedUp, { action: 'account.created', accountId: null, address: request.email });
}

/**
 * Signs somebody up and opens a session for them at once.
 *
 * @returns the open session and the mail that went out; or what `signUp` refuses.
 * @throws when a port does.
 */
export async function signUpAndIn(
  context: Context,
  request: SignUpRequest,
  wish: SessionWish = {},
): Promise<Outcome<SignedIn & { verification: SentVerification }>> {
  const signedUp = await signUp(context, request);
  if (!signedUp.ok) return signedUp;
  const signedIn = await openSession(context, signedUp.value.account, wish);
  return signedIn ? done({ ...signedIn, verification: signedUp.value.verification }) : refuse('email_taken'); // changed before its session opened
}

/**
 * Signs somebody up without telling them whether the address has an account already: its owner hears of that by mail, and may set a
 * new password with it. The same hash is made for both; what is stored after it differs.
 *
 * @returns nothing; or `invalid_email`, what `passwordFault` finds.
 * @throws when a port does.
 * @see OWASP Authentication Cheat Sheet, "Account creation"
 */
export async function signUpQuietly(context: Context, request: SignUpRequest): Promise<Outcome<null>> {
  const { ports } = context;
  const email = parseEmailAddress(request.email);
  if (!email) return refuse('invalid_email');
  const signedUp = await signUp(context, request);
  if (signedUp.ok) return done(null);
  if (signedUp.refusal !== 'email_taken') return signedUp;
  await ports.atomically(async (stored) => {
    const account = await stored.accounts.findByEmail(email);
    await sendPasswordReset(context, account?.status === 'active' ? account : NOBODY, 'address has an account', stored);
    return done(null);
  });
  ports.mails.deliverSoon();
  return done(null);
}

function ownOrganization(name: string | undefined): { kind: 'own'; name: string } | undefined {
  return name ? { kind: 'own', name } : undefined;
}

function withoutUndefined<T extends object>(request: T): T {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as T;
}

import { createAccount } from './create-account.js';
import { openSession, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { PasswordRules } from './password-rules.js';
import type { Policy } from './policy.js';
import type { Ports } from './ports.js';
import type { Device } from './session.js';

/**
 * Makes an account for somebody who comes by themselves, and signs them in. The account is active and its address not verified;
 * nothing that a request carries can make it more.
 *
 * @returns the open session; or `invalid_email`, `password_too_short`, `password_too_long`, `email_taken` (also when the new
 *   account was changed before its session opened).
 * @throws when a port does.
 */
export async function signUp(
  ports: Ports,
  dialect: string,
  policy: Policy,
  rules: PasswordRules,
  request: { email: string; password: string; device: Device },
): Promise<Outcome<SignedIn>> {
  const created = await createAccount(ports, rules, { email: request.email, password: request.password });
  if (!created.ok) return created;
  const signedIn = await openSession(ports, dialect, policy, created.value, { device: request.device, long: false });
  return signedIn ? done(signedIn) : refuse('email_taken');
}

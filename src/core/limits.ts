import type { Context } from './context.js';
import { RateLimited } from './faults.js';

/** Everything that is counted. The names stand in the `RateLimit` fields of answers. */
export const LIMIT_NAMES = [
  'password-failures',
  'password-wait',
  'password-failures-after-wait',
  'network-failures',
  'network-sign-ups',
  'network-mails',
  'address-mails',
  'address-resets',
  'session-refreshes',
  'account-jobs',
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** How much of something is allowed in how long; the time begins with the first. */
export interface Limit {
  quota: number;
  windowSeconds: number;
}

/** How a limit stands for somebody. */
export interface LimitState extends Limit {
  name: LimitName;
  used: number;
  /** In whole seconds: when all of it is there again. */
  resetSeconds: number;
}

/** Counters that are exact, however many processes count. Each may throw `Unavailable`. */
export interface Limits {
  /** Counts one more, and tells how it stands then. @param windowSeconds in place of the limit's own. */
  take(name: LimitName, key: string, windowSeconds?: number): Promise<LimitState>;
  /** Tells how it stands. */
  look(name: LimitName, key: string): Promise<LimitState>;
  clear(name: LimitName, key: string): Promise<void>;
}

/** The same counters, whose states are shown in the answer, too. */
export function shownLimits({ ports: { limits }, noteLimit }: Context): Limits {
  const noted = (state: LimitState) => {
    noteLimit(state);
    return state;
  };
  return {
    take: async (name, key, windowSeconds) => noted(await limits.take(name, key, windowSeconds)),
    look: async (name, key) => noted(await limits.look(name, key)),
    clear: (name, key) => limits.clear(name, key),
  };
}

/** Whether another one would be too many. */
export function isUsedUp({ used, quota }: LimitState): boolean {
  return used >= quota;
}

/** Refuses what was one too many. @throws RateLimited */
export function refuseBeyond(state: LimitState): void {
  if (state.used > state.quota) throw new RateLimited(`beyond ${state.name}`, state.resetSeconds);
}

/** Refuses where another one would be too many. @throws RateLimited */
export function refuseUsedUp(state: LimitState): void {
  if (isUsedUp(state)) throw new RateLimited(`${state.name} used up`, state.resetSeconds);
}

/**
 * Counts a mail that somebody asks for, whether or not anybody has the address: nobody's letter box is to be filled. A new password is
 * counted apart from all else: who asks for other mails in somebody's name, or signs up with their address, must not keep them from it.
 *
 * @throws RateLimited, and what ports throw.
 */
export async function countMail(
  context: Context,
  address: string,
  name: 'address-mails' | 'address-resets' = 'address-mails',
): Promise<void> {
  await countOfNetwork(context, 'network-mails');
  refuseBeyond(await shownLimits(context).take(name, addressKey(context, address)));
}

/** Refuses whoever has failed too often in ten minutes, at whatever can be guessed. @throws RateLimited, and what ports throw. */
export async function refuseFailingNetwork(context: Context): Promise<void> {
  const { network } = context.origin;
  if (network !== null) refuseUsedUp(await shownLimits(context).look('network-failures', network));
}

/** Counts a wrong guess. @throws RateLimited where it was one too many, and what ports throw. */
export async function countFailure(context: Context): Promise<void> {
  await countOfNetwork(context, 'network-failures');
}

/** Counts somebody who signs up, and the mail that they get. @throws RateLimited, and what ports throw. */
export async function countSignUp(context: Context, address: string): Promise<void> {
  await countOfNetwork(context, 'network-sign-ups');
  await countMail(context, address);
}

/** Counts a refresh of a session: a client that does nothing else has a fault. @throws RateLimited, and what ports throw. */
export async function countRefresh(context: Context, sessionId: string): Promise<void> {
  refuseBeyond(await shownLimits(context).take('session-refreshes', sessionId));
}

async function countOfNetwork(context: Context, name: LimitName): Promise<void> {
  const { network } = context.origin;
  if (network !== null) refuseBeyond(await shownLimits(context).take(name, network));
}

/** What an address is called among the counters: they hold none. */
export function addressKey({ ports }: Context, address: string): string {
  return ports.tokens.addressHash(address).toString('base64url');
}

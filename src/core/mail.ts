import type { Context } from './context.js';
import type { StoredPorts } from './ports.js';

/** What a mail is about, with what it carries. What it looks like is not the core's business. */
export type Mail = { to: string; dialect: string } & (
  | { kind: 'email verification code'; code: string }
  | { kind: 'email verification link'; token: string }
  | { kind: 'password reset'; token: string }
  | { kind: 'invitation'; accountId: string; token: string }
  | { kind: 'address has an account'; token: string }
  | { kind: 'password changed' }
  | { kind: 'password was reset' }
  | { kind: 'email changed'; newAddress: string }
);

/** A mail as it waits in the database: readable with the outbox key only. */
export interface SealedMail {
  id: string;
  sealed: Buffer;
}

/** A mail that somebody has taken out of the outbox to deliver it. */
export interface TakenMail extends SealedMail {
  /** How often it was tried, this time included. */
  attempts: number;
}

/** Mails that wait to be delivered. A row goes when its mail is delivered, or when nobody could use it any more. */
export interface Outbox {
  /** `ttlSeconds`: how long it makes sense to deliver it. */
  insert(mail: SealedMail, ttlSeconds: number): Promise<void>;
  /** Takes mails whose time has come. Nobody else takes them for a minute: that is how long a delivery may last. */
  take(limit: number): Promise<TakenMail[]>;
  /** Puts a mail back whose delivery failed: the next try lies ten seconds away at first and twice as far each time, an hour at most. */
  putBack(id: string): Promise<void>;
  delete(id: string): Promise<void>;
}

/** A notice is worth delivering for so long. */
export const NOTICE_TTL_SECONDS = 3 * 24 * 3600;

/**
 * In place of an account that there is not: the same statements are made as for one, no code is stored, and the mail expires before
 * anybody could deliver it. What a request does must not tell who has an account.
 */
export const NOBODY = { id: '00000000-0000-0000-0000-000000000000', email: '' };

/** Puts a mail into the outbox, as a part of the transaction of what it tells of; `deliverSoon` comes after it. @throws when a port does. */
export async function postMail({ ports }: Context, mail: Mail, stored: StoredPorts, ttlSeconds = NOTICE_TTL_SECONDS): Promise<void> {
  await stored.outbox.insert(ports.mails.seal(mail), mail.to === NOBODY.email ? 0 : ttlSeconds);
}

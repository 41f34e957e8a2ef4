import type { Mail, Outbox, SealedMail, TakenMail } from '../core/mail.js';
import { composeMail } from './messages.js';
import type { MailTransport } from './transport.js';

/** At the same time. No more are taken than can be delivered at once: none waits until somebody else may take it. */
const MAX_DELIVERIES = 5;
/** For mails whose next try has come, and those that another process left behind. */
const POLL_MILLISECONDS = 5_000;

/** What a courier works with. */
export interface CourierParts {
  outbox: Outbox;
  /** @throws when the mail was sealed with another key. */
  open(sealed: SealedMail): Mail;
  transport: MailTransport;
  /** The applications' addresses, by dialect. */
  appUrls: Record<string, string | undefined>;
  /** For the log. `mailId` is null, and `attempts` 0, where the outbox did not hand out any mail. */
  onFailure(error: Error, mailId: string | null, attempts: number): void;
}

/** Brings the mails in the outbox to the transport. */
export interface Courier {
  /** There is a mail in the outbox. Returns at once and never throws. */
  deliverSoon(): void;
  /** Takes no more mails, and waits for the delivery of those taken; they are bounded by the transport. The transport stays open. */
  close(): Promise<void>;
}

/**
 * Starts a courier. A mail that fails stays in the outbox, whose schedule says when it is tried again; one that was delivered and
 * then not deleted, as the process died or the database went away, is delivered again. A delivery that takes long holds up none beside it.
 */
export function createCourier(parts: CourierParts): Courier {
  const underWay = new Set<Promise<void>>();
  let isClosed = false;
  let taking: Promise<void> | null = null;
  let askedWhileTaking = false;

  const begin = (mail: TakenMail) => {
    const delivery = deliver(parts, mail).finally(() => {
      underWay.delete(delivery);
      deliverSoon(); // there is a free hand
    });
    underWay.add(delivery);
  };
  const takeWhatWaits = async () => {
    do {
      askedWhileTaking = false;
      const free = MAX_DELIVERIES - underWay.size;
      for (const mail of free > 0 ? await takeMails(parts, free) : []) begin(mail);
    } while (askedWhileTaking && !isClosed);
    taking = null;
  };
  const deliverSoon = () => {
    askedWhileTaking = true;
    if (!isClosed) taking ??= takeWhatWaits();
  };
  const poll = setInterval(deliverSoon, POLL_MILLISECONDS).unref();
  const close = async () => {
    clearInterval(poll);
    isClosed = true;
    await taking;
    await Promise.all(underWay);
  };
  return { deliverSoon, close };
}

async function takeMails({ outbox, onFailure }: CourierParts, limit: number): Promise<TakenMail[]> {
  try {
    return await outbox.take(limit);
  } catch (error) {
    onFailure(asError(error), null, 0);
    return [];
  }
}

async function deliver({ outbox, open, transport, appUrls, onFailure }: CourierParts, taken: TakenMail): Promise<void> {
  try {
    const mail = open(taken);
    await transport.deliver({ id: taken.id, to: mail.to, ...composeMail(mail, appUrls[mail.dialect] ?? null) });
    await outbox.delete(taken.id);
  } catch (error) {
    onFailure(asError(error), taken.id, taken.attempts);
    await outbox.putBack(taken.id).catch(() => {}); // without it, somebody takes it in a minute
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something that is no error was thrown');
}

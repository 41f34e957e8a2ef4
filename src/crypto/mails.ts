import crypto from 'node:crypto';
import type { Mail, SealedMail } from '../core/mail.js';
import type { KeyRing } from './key-ring.js';
import { createBox } from './sealing.js';

/** Seals mails for the outbox, and opens them to be delivered. */
export interface MailSealing {
  seal(mail: Mail): SealedMail;
  /** @throws {Error} where none of the outbox keys opens it. */
  open(mail: SealedMail): Mail;
}

/** The sealing with the outbox keys: a dump of the database tells no code and no address of a mail that waits. */
export function createMailSealing(keyRing: KeyRing): MailSealing {
  return {
    seal(mail) {
      const id = crypto.randomUUID();
      return { id, sealed: createBox(keyRing.current('outbox').secret).seal(id, Buffer.from(JSON.stringify(mail))) };
    },
    open({ id, sealed }) {
      for (const { secret } of keyRing.all('outbox')) {
        try {
          return JSON.parse(createBox(secret).open(id, sealed).toString()) as Mail;
        } catch {
          // another key, perhaps
        }
      }
      throw new Error('a mail in the outbox does not open');
    },
  };
}

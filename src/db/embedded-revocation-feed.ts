import type { PGlite } from '@electric-sql/pglite';
import type { DataSource } from 'typeorm';
import type { RevocationFeed } from './revocation-feed.js';
import { createRevocationView, LOAD_REVOCATIONS, MAX_REVOCATIONS, parseNotification, REVOCATIONS_CHANNEL } from './revocation-view.js';

const SWEEP_EVERY_MS = 60_000;

/**
 * Follows the revocations in the embedded database. It has one session, which listens, and gives its notifications before the
 * answer to the statement that they came from: the view is never behind, and there is nothing to doubt.
 *
 * @param maxRevocations how many the memory holds; while there are more, `hasEnded` answers null.
 */
export function openEmbeddedRevocationFeed(source: DataSource, lite: PGlite, { maxRevocations = MAX_REVOCATIONS } = {}): RevocationFeed {
  const view = createRevocationView(maxRevocations);
  let isComplete = false;

  async function fill(): Promise<void> {
    isComplete = false;
    view.clear();
    await source.query(`LISTEN ${REVOCATIONS_CHANNEL}`); // not in somebody's transaction, which might be taken back
    for (const revocation of await source.query(LOAD_REVOCATIONS, [maxRevocations + 1])) view.note(revocation);
    isComplete = true;
  }
  const fillQuietly = () => void fill().catch(() => {}); // the next sweep tries again
  const unsubscribe = lite.onNotification((channel, payload) => {
    const revocation = channel === REVOCATIONS_CHANNEL ? parseNotification(payload) : null;
    if (revocation) view.note(revocation);
  });
  const sweeping = setInterval(() => {
    view.sweep();
    if (!isComplete || view.isOverfull()) fillQuietly();
  }, SWEEP_EVERY_MS).unref();
  fillQuietly();
  return {
    hasEnded: (sessionId, accessTokenId) => (isComplete && !view.isOverfull() ? view.has(sessionId, accessTokenId) : null),
    doubt: () => {},
    close() {
      isComplete = false;
      clearInterval(sweeping);
      unsubscribe();
    },
  };
}

import type { Ports } from '../core/ports.js';
import { openFeedConnection } from './feed-connection.js';
import { createRevocationView, MAX_REVOCATIONS } from './revocation-view.js';

/** A view that was last known to be complete longer ago than this is not asked. */
const MAX_AGE_MS = 900;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;
const SWEEP_EVERY_MS = 60_000;

/** What has ended, in this process's memory. */
export interface RevocationFeed {
  hasEnded: Ports['revocations']['hasEnded'];
  /** To be called after something may have ended: until the view surely has it, `hasEnded` answers null. */
  doubt(): void;
  close(): void;
}

/**
 * Follows the revocations in a PostgreSQL server, over a connection of its own that is opened anew whenever it ends. Never throws:
 * where it cannot follow, `hasEnded` answers null.
 *
 * @param maxRevocations how many the memory holds; while there are more, `hasEnded` answers null.
 */
export function openRevocationFeed(url: string, { maxRevocations = MAX_REVOCATIONS } = {}): RevocationFeed {
  const view = createRevocationView(maxRevocations);
  let doubtedAt = -Infinity;
  let delayMs = FIRST_DELAY_MS;
  let reopening: NodeJS.Timeout | undefined;
  let connection = openFeedConnection(url, view, reopenLater);

  function reopenLater(wasUp: boolean): void {
    if (wasUp) delayMs = FIRST_DELAY_MS;
    reopening = setTimeout(() => (connection = openFeedConnection(url, view, reopenLater)), delayMs).unref();
    delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
  }
  const sweeping = setInterval(() => {
    view.sweep();
    if (view.isOverfull()) connection.end(); // the next one begins with what there is then
  }, SWEEP_EVERY_MS).unref();
  return {
    hasEnded(sessionId, accessTokenId) {
      const completeAsOf = connection.completeAsOf() ?? -Infinity;
      const isSure = completeAsOf >= doubtedAt && performance.now() - completeAsOf <= MAX_AGE_MS && !view.isOverfull();
      return isSure ? view.has(sessionId, accessTokenId) : null;
    },
    doubt() {
      doubtedAt = performance.now();
      connection.beat();
    },
    close() {
      clearInterval(sweeping);
      connection.end();
      clearTimeout(reopening); // which that end began
    },
  };
}

/** A feed that opens when it is asked for the first time: a short command never asks. */
export function openWhenAsked(open: () => RevocationFeed): RevocationFeed {
  let feed: RevocationFeed | null = null;
  let isClosed = false;
  return {
    hasEnded: (sessionId, accessTokenId) => (isClosed ? null : (feed ??= open()).hasEnded(sessionId, accessTokenId)),
    doubt: () => feed?.doubt(),
    close() {
      isClosed = true;
      feed?.close();
    },
  };
}

/** Beyond this (some 50 MB) the database is asked instead. */
export const MAX_REVOCATIONS = 200_000;

/** The channel that the trigger on `revocations` notifies. */
export const REVOCATIONS_CHANNEL = 'latchkey_revocations';

/** What must be read to fill a view; one row more than it holds, to see that it is too much. */
export const LOAD_REVOCATIONS = `
  SELECT kind, id, ceil(extract(epoch FROM until) * 1000)::float8 AS "untilMs" FROM revocations WHERE until > now() LIMIT $1`;

/** A row of `revocations`. */
export interface Revocation {
  kind: string;
  id: string;
  /** Unix time; from then on no token that this is about looks good any more. */
  untilMs: number;
}

/** What has ended, in memory. It knows what it was told, not whether that is everything. */
export interface RevocationView {
  readonly maxEntries: number;
  /** Whether it was told more than it holds: then it knows nothing any more. */
  isOverfull(): boolean;
  note(revocation: Revocation): void;
  has(sessionId: string, accessTokenId: string): boolean;
  /** Forgets what nothing can ask for any more. */
  sweep(): void;
  /** Forgets everything. */
  clear(): void;
}

/** An empty view that holds at most so many revocations. */
export function createRevocationView(maxEntries = MAX_REVOCATIONS): RevocationView {
  const untilMsByKey = new Map<string, number>();
  let isOverfull = false;
  return {
    maxEntries,
    isOverfull: () => isOverfull,
    note({ kind, id, untilMs }) {
      if (isOverfull || untilMs <= Date.now()) return;
      untilMsByKey.set(`${kind} ${id}`, untilMs);
      if (untilMsByKey.size <= maxEntries) return;
      isOverfull = true;
      untilMsByKey.clear();
    },
    has: (sessionId, accessTokenId) => untilMsByKey.has(`session ${sessionId}`) || untilMsByKey.has(`token ${accessTokenId}`),
    sweep() {
      const nowMs = Date.now();
      for (const [key, untilMs] of untilMsByKey) if (untilMs <= nowMs) untilMsByKey.delete(key);
    },
    clear() {
      isOverfull = false;
      untilMsByKey.clear();
    },
  };
}

/** Reads what the trigger sends; null where it is something else. */
export function parseNotification(payload = ''): Revocation | null {
  try {
    const [kind, id, untilMs] = JSON.parse(payload) as unknown[];
    return typeof kind === 'string' && typeof id === 'string' && typeof untilMs === 'number' ? { kind, id, untilMs } : null;
  } catch {
    return null;
  }
}

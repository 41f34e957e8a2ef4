/** One login. A refresh changes its generation; it never makes a second row. All times are the database's. */
export interface Session {
  id: string;
  accountId: string;
  /** The dialect that opened it: its tokens are good there and nowhere else. */
  dialect: string;
  generation: number;
  createdAt: Date;
  /** When the present generation began. */
  renewedAt: Date;
  /** The end, unless the session is renewed before. */
  idleExpiresAt: Date;
  /** The end, whatever happens. */
  expiresAt: Date;
  /** When it was last heard of: opened, renewed, or told to be alive. */
  lastActiveAt: Date;
  userAgent: string | null;
  ipAddress: string | null;
  /** What the client called itself, where it did. */
  deviceName: string | null;
}

/** From where a request came. */
export interface Origin {
  userAgent: string | null;
  ipAddress: string | null;
  /** Who is counted as one: an IPv4 address, or the /64 of an IPv6 one. Null: the command line. */
  network: string | null;
  /** Null: it came by no request. */
  requestId: string | null;
}

/** How long the parts of a session live. No access token outlives its session. */
export interface SessionLives {
  accessTtlSeconds: number;
  /** Without a refresh for so long the session ends; null: only its absolute end counts. */
  idleTtlSeconds: number | null;
  absoluteTtlSeconds: number;
}

/** When the access token of the session's present generation ends. */
export function accessExpiresAt(session: Session, lives: SessionLives): Date {
  const byItsOwnLife = session.renewedAt.getTime() + lives.accessTtlSeconds * 1000;
  return new Date(Math.min(byItsOwnLife, session.idleExpiresAt.getTime(), session.expiresAt.getTime()));
}

/** A moment in whole Unix seconds, rounded down (RFC 7519, `NumericDate`). */
export function unixSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

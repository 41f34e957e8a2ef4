import type { Account, AccountStatus, EmailAddress, NewAccount } from './account.js';
import type { Device, Session, SessionLives } from './session.js';

/** What a working key is for. */
export type KeyPurpose = 'access-token' | 'refresh-token' | 'api-key' | 'address-hash';

/** A working key as it lies in the database: readable with the master secret only. */
export interface SealedKey {
  id: string;
  purpose: KeyPurpose;
  sealed: Buffer;
}

/** Where the working keys lie. */
export interface KeyStore {
  /**
   * Every stored key, oldest first, after storing those that `create` makes when it is shown what is there. No other process
   * can do the same meanwhile.
   */
  loadOrCreate(create: (existing: SealedKey[]) => SealedKey[]): Promise<SealedKey[]>;
}

/** A session that has not ended, and the account behind it. */
export interface LiveSession {
  session: Session;
  account: Account;
}

/** What a refresh token says of itself, its signature, audience and type being good. */
export interface RefreshTokenClaims {
  sessionId: string;
  accountId: string;
  generation: number;
  expired: boolean;
}

export interface NewSession {
  account: Account;
  dialect: string;
  lives: SessionLives;
  device: Device;
  /** SHA-256 of the token, where the dialect's tokens are opaque. */
  opaqueTokenHash: Buffer | null;
}

/** Claims of an access token. @see RFC 9068, section 2.2 */
export interface AccessTokenClaims {
  aud: string;
  sub: string;
  sid: string;
  iat: number;
  exp: number;
  [claim: string]: unknown;
}

/** The public half of a signing key. @see RFC 7517 and RFC 7518, section 6.2.1 */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  use: 'sig';
  alg: 'ES256';
  kid: string;
}

/** What the core needs of the world. Each may throw `Unavailable`, and `passwords` also `Overloaded`. */
export interface Ports {
  accounts: {
    findByEmail(email: EmailAddress): Promise<Account | null>;
    findById(id: string): Promise<Account | null>;
    /** @returns null when the address has an account already. */
    insert(account: NewAccount): Promise<Account | null>;
    /** Ordered by address, without regard to case. `after`: begin behind that address. */
    list(page: { after: string | null; limit: number }): Promise<Account[]>;
    /** Changes the status, and ends all sessions when the new one is not `active`; at once or not at all. */
    setStatus(id: string, status: AccountStatus): Promise<void>;
    /** Stores a better hash of the same password, unless the hash has changed meanwhile. */
    replacePasswordHash(id: string, oldHash: string, newHash: string): Promise<void>;
    /** Of a sample of the stored hashes, how many there are of each scheme (`$bcrypt-sha256$v=2,t=2b,r=10`, `$2b$12`, ...). */
    countPasswordSchemes(): Promise<{ scheme: string; accounts: number }[]>;
  };
  sessions: {
    /**
     * Opens a session in one conditional statement.
     *
     * @returns null when the account is not active any more, or has another password than when it was read: a reset or a ban
     *   that came in while the old password was being hashed leaves no session behind.
     */
    open(session: NewSession): Promise<Session | null>;
    /** The session and its account, unless it has ended, that access token of it was revoked, or the account is not active. */
    findLive(id: string, accessTokenId: string): Promise<LiveSession | null>;
    /** Whether `findLive` would find something. */
    isLive(id: string, accessTokenId: string): Promise<boolean>;
    /** The same as `findLive` for an opaque token. */
    findLiveByOpaqueToken(hash: Buffer): Promise<LiveSession | null>;
    /**
     * Begins the next generation of a live session: once for each generation, whoever asks first.
     *
     * @returns null when the session has ended, or its generation is another one.
     */
    rotate(id: string, generation: number): Promise<LiveSession | null>;
    /** Begins the session's access life anew, and leaves its generation as it is; null when the session has ended. */
    renew(id: string): Promise<LiveSession | null>;
    /** The live session whose generation began after the given one, and no longer ago than that. */
    findJustRotated(id: string, generation: number, withinSeconds: number): Promise<LiveSession | null>;
    /** Ends the session, if it has not ended yet. @returns whether it had not. */
    end(id: string): Promise<boolean>;
    endByOpaqueToken(hash: Buffer): Promise<void>;
    /** Makes one access token good for nothing; the session goes on. `until`: when it would have ended by itself. */
    revokeAccessToken(accessTokenId: string, until: Date): Promise<void>;
  };
  /** What has ended, as far as this process has heard. */
  revocations: {
    /** Whether the session has ended, or that access token was revoked by itself; null: this process cannot tell now, ask the database. */
    hasEnded(sessionId: string, accessTokenId: string): boolean | null;
  };
  maintenance: {
    /**
     * Deletes rows that nothing can need any more: sessions past their end, revocations of tokens past theirs. A batch at a time,
     * and none that another process is at.
     *
     * @returns how many rows there were; fewer than `batchSize`: there are no more.
     */
    deleteExpired(batchSize: number): Promise<number>;
  };
  passwords: {
    hash(password: string): Promise<string>;
    verify(password: string, hash: string): Promise<boolean>;
    /** A hash that no password has and that costs what the hash of a real account costs; always the same for one address. */
    decoyHash(address: string): Promise<string>;
    /** Whether the hash differs from those made now, in scheme or cost. */
    needsRehash(hash: string): boolean;
  };
  tokens: {
    signAccessToken(claims: AccessTokenClaims): string;
    /** Made from the session's row alone: the same row gives the same token. */
    signRefreshToken(session: Session): string;
    /** Reads a refresh token of that dialect; null where it is none of ours, or another dialect's. */
    readRefreshToken(token: string, dialect: string): RefreshTokenClaims | null;
    /** The account that an access token of that dialect was made for, though it may have expired; null where it is none of ours. */
    ownerOfAccessToken(token: string, dialect: string): string | null;
    /** The hash under which an opaque token is found; null where it cannot be one. */
    opaqueTokenHash(token: string): Buffer | null;
    /** A random token and the hash under which it is found again. */
    createOpaqueToken(): { token: string; hash: Buffer };
    /** The account's API key, derived and never stored. */
    deriveApiKey(account: Pick<Account, 'id' | 'apiKeyVersion'>): string;
    /** The account that the key names, not yet whether the key is good; null when it is no key at all. */
    accountIdOfApiKey(key: string): string | null;
    /** Compares in constant time. */
    isApiKeyOf(key: string, account: Pick<Account, 'id' | 'apiKeyVersion'>): boolean;
    publicKeys(): PublicJwk[];
  };
  /** Whether the database answers. Throws `Unavailable` when it does not. */
  database: { ping(): Promise<void> };
}

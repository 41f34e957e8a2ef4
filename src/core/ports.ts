import type { Account, AccountStatus, EmailAddress, NewAccount, ProfileChanges } from './account.js';
import type { ApiKey, NewApiKey } from './api-key.js';
import type { AuditChain, AuditMacs } from './audit-chain.js';
import type { AuditEvent, AuditFilter, AuditRecord } from './audit.js';
import type { CodePurpose, NewCode, StoredCode } from './code.js';
import type { Limits } from './limits.js';
import type { Mail, Outbox, SealedMail } from './mail.js';
import type { Outcome } from './outcome.js';
import type { Origin, Session, SessionLives } from './session.js';

/** What a working key is for. */
export type KeyPurpose = 'access-token' | 'refresh-token' | 'api-key' | 'address-hash' | 'code' | 'outbox' | 'audit' | 'secret';

/** A working key as it lies in the database: readable with the master secret only. */
export interface SealedKey {
  id: string;
  purpose: KeyPurpose;
  sealed: Buffer;
}

/** A stored key, and where it is in its life, by the database's clock. */
export interface StoredKey extends SealedKey {
  /** `next`: to be known before its first use; `current`: it makes; `old`: it only checks what it made. */
  state: 'next' | 'current' | 'old';
  createdAt: Date;
  ageSeconds: number;
  /** When it becomes, or became, the current one. */
  activeFrom: Date;
  /** How long until then; not positive: it has come. */
  activeInSeconds: number;
  /** When the next key of its purpose takes over, or took over; null: there is none. */
  replacedAt: Date | null;
}

/** Where the working keys lie. */
export interface KeyStore {
  /** Every stored key, in the order in which they become current. */
  load(): Promise<StoredKey[]>;
  /**
   * Does all of it, or nothing where `work` throws; no other process changes the keys meanwhile. Inside, only `changes` may be used.
   *
   * @param work is shown every stored key, as `load` does.
   */
  change<T>(work: (keys: StoredKey[], changes: KeyChanges) => Promise<T>): Promise<T>;
}

/** What can be done with stored keys, in one transaction, and its record. */
export interface KeyChanges {
  insert(key: SealedKey, activeInSeconds: number): Promise<void>;
  /** Puts another seal in place of that key's. */
  reseal(key: SealedKey): Promise<void>;
  /** @returns false where there is still something that lies under the key: then it stays. */
  delete(id: string): Promise<boolean>;
  record: StoredPorts['audit']['record'];
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
  origin: Origin;
  deviceName: string | null;
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

/** What a signed access token says of itself. */
export interface ShownClaims {
  sub: string;
  sid: string;
  jti: string;
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

/** A part of a list: what comes behind `after`, `limit` at most. */
export interface Page<Cursor = string> {
  after: Cursor | null;
  limit: number;
}

/** Where a list of sessions goes on. */
export interface SessionCursor {
  createdAt: Date;
  id: string;
}

/** The parts of the world that are rows of the database. Each may throw `Unavailable`. */
export interface StoredPorts {
  accounts: {
    findByEmail(email: EmailAddress): Promise<Account | null>;
    findById(id: string): Promise<Account | null>;
    /** Inside of a transaction: the account as it is now; until the end of the transaction nobody else changes it. */
    lock(id: string): Promise<Account | null>;
    /** @returns null when the address has an account already. */
    insert(account: NewAccount): Promise<Account | null>;
    /** Ordered by address, without regard to case. `after`: an address; `matching`: part of the address or of the name. */
    list(page: Page, filter?: { matching?: string; status?: AccountStatus }): Promise<Account[]>;
    setStatus(id: string, status: AccountStatus): Promise<void>;
    /** Stores a better hash of the same password, unless the hash has changed meanwhile. */
    replacePasswordHash(id: string, oldHash: string, newHash: string): Promise<void>;
    /**
     * Gives an active account another password, if its password is still the one of that version.
     *
     * @returns whether it was.
     */
    setPassword(id: string, passwordVersion: number, hash: string): Promise<boolean>;
    /** Marks the address as verified, if it is still the account's. @returns whether it is. */
    verifyEmail(id: string, email: string): Promise<boolean>;
    /** Gives the account another address, not verified. @returns false when it is somebody else's. */
    setEmail(id: string, email: EmailAddress): Promise<boolean>;
    updateProfile(id: string, changes: ProfileChanges): Promise<void>;
    /** Makes the account's present derived API key good for nothing. */
    revokeDerivedApiKey(id: string): Promise<void>;
    /** Completes an account that waits for its owner: active and verified. @returns whether it was waiting. */
    activate(id: string, completion: AccountCompletion): Promise<boolean>;
    /** Deletes the account and everything that is its own; the organisation, too, where nobody else is in it. */
    delete(id: string): Promise<void>;
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
    /** Whether the session goes on, its account is active, and that access token of it was not revoked by itself. */
    isLive(id: string, accessTokenId: string): Promise<boolean>;
    /** Whether the session is there and its ends have not come. */
    isOpen(id: string): Promise<boolean>;
    /** The session of an opaque token and its account, unless it has ended or the account is not active. */
    findLiveByOpaqueToken(hash: Buffer): Promise<LiveSession | null>;
    /** The account's sessions that have not ended, newest first. */
    list(accountId: string, page: Page<SessionCursor>, dialect?: string): Promise<Session[]>;
    /**
     * Begins the next generation of a live session: once for each generation, whoever asks first.
     *
     * @returns null when the session has ended, or its generation is another one.
     */
    rotate(id: string, generation: number): Promise<LiveSession | null>;
    /** Begins the session's access life anew, and leaves its generation as it is; null when the session has ended. */
    renew(id: string): Promise<LiveSession | null>;
    /** Notes that the session is alive, and changes none of its ends; null when it has ended or is another's. */
    touch(id: string, accountId: string, dialect: string): Promise<Session | null>;
    /** The live session whose generation began after the given one, and no longer ago than that. */
    findJustRotated(id: string, generation: number, withinSeconds: number): Promise<LiveSession | null>;
    /** Ends the session, if it has not ended yet. @returns whether it had not. */
    end(id: string): Promise<boolean>;
    /** The same, if it is one of that account, and of that dialect where one is named. */
    endOwn(id: string, accountId: string, dialect?: string): Promise<boolean>;
    /** Ends all sessions of an account, but for one where one is named. @returns how many there were. */
    endAll(accountId: string, except: string | null): Promise<number>;
    /** Ends the session of an opaque token. @returns whose it was; null when it had ended. */
    endByOpaqueToken(hash: Buffer): Promise<string | null>;
    /** Makes one access token good for nothing; the session goes on. `until`: when it would have ended by itself. */
    revokeAccessToken(accessTokenId: string, until: Date): Promise<void>;
  };
  codes: {
    /** Stores a code in place of those of the same account and purpose. @returns its id; null where there is no such account. */
    replace(code: NewCode): Promise<string | null>;
    findByHash(hash: Buffer, purpose: CodePurpose): Promise<StoredCode | null>;
    /** A code by its id, expired or not: whoever has it may ask for the next one. */
    findById(id: string, purpose: CodePurpose): Promise<StoredCode | null>;
    /** Takes a mailed token, once. */
    take(hash: Buffer, purpose: CodePurpose): Promise<StoredCode | null>;
    /** Counts a guess at the account's typed code. @returns the hash to compare with; null: no code, or no guess left. */
    countGuess(accountId: string, purpose: CodePurpose): Promise<{ id: string; hash: Buffer } | null>;
    /** Takes a typed code that was guessed right. @returns false when somebody was faster. */
    takeById(id: string): Promise<boolean>;
    deleteAll(accountId: string): Promise<void>;
  };
  apiKeys: {
    insert(key: NewApiKey): Promise<ApiKey>;
    /** The key and its account, unless it has expired or the account is not active. Notes that it was used. */
    findLiveByHash(hash: Buffer): Promise<{ key: ApiKey; account: Account } | null>;
    /** Whether the key is there and has not expired. */
    isLive(id: string): Promise<boolean>;
    findOwn(id: string, accountId: string, dialect: string): Promise<ApiKey | null>;
    /** Newest first. */
    list(accountId: string, dialect: string, page: Page<SessionCursor>): Promise<ApiKey[]>;
    update(id: string, changes: { name?: string; scopes?: string[]; hash?: Buffer }): Promise<ApiKey | null>;
    delete(id: string): Promise<boolean>;
    deleteAll(accountId: string): Promise<void>;
  };
  outbox: Outbox;
  audit: {
    record(event: AuditEvent): Promise<void>;
    /** Newest first. */
    list(page: Page, filter: AuditFilter): Promise<AuditRecord[]>;
  };
}

/** What an invited person tells of themselves. */
export interface AccountCompletion {
  passwordHash: string;
  name: string;
  givenName: string | null;
  familyName: string | null;
}

/** What the core needs of the world. Each may throw `Unavailable`, and `passwords` also `Overloaded`. */
export interface Ports extends StoredPorts {
  /** Does all of it, or nothing where `work` refuses or throws. Inside, only the ports that it is given may be used. */
  atomically<T>(work: (stored: StoredPorts) => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /** What has ended, as far as this process has heard. */
  revocations: {
    /** Whether the session, or that access token of it, has ended; null: this process cannot tell now, ask the database. */
    hasEnded(sessionId: string, accessTokenId: string): boolean | null;
  };
  limits: Limits;
  maintenance: {
    /**
     * Deletes rows that nothing can need any more: sessions past their end, revocations of tokens past theirs, codes, mails, API keys and
     * counters that have expired, working keys whose tokens all have. A batch of each at a time, and none that another process is at.
     *
     * @returns how many rows of each table it were; fewer than `batchSize`: there are no more.
     */
    deleteExpired(batchSize: number): Promise<Record<string, number>>;
  };
  auditChain: AuditChain;
  auditMacs: AuditMacs;
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
    /** Reads a refresh token of that dialect, or of any; null where it is none of ours, or another dialect's. */
    readRefreshToken(token: string, dialect?: string): Promise<RefreshTokenClaims | null>;
    /** Reads an access token of any dialect whose signature and times are good; null where it is none of ours. */
    readAccessToken(token: string): Promise<(ShownClaims & { aud: string; iat: number }) | null>;
    /** The account that an access token of that dialect was made for, though it may have expired; null where it is none of ours. */
    ownerOfAccessToken(token: string, dialect: string): Promise<string | null>;
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
    /** A random token of 256 bits for a mail, and the hash under which it is found again. */
    createMailedToken(): { token: string; hash: Buffer };
    mailedTokenHash(token: string): Buffer;
    /** Six random digits to be typed. */
    createTypedCode(): string;
    /** Keyed, and bound to the account and the address: six digits are no secret to whoever can try all of them. */
    typedCodeHash(code: string, accountId: string, email: string): Buffer;
    /** Whether that is the hash of the code, whichever key made it. Compares in constant time. */
    isTypedCodeHash(hash: Buffer, code: string, accountId: string, email: string): boolean;
    /** A keyed hash of an address or of what somebody typed as one, without regard to letter case: names it where it must not stand. */
    addressHash(address: string): Buffer;
    /** A random API key of a dialect that stores them, and the hash under which it is found again. */
    createStoredApiKey(prefix: string): { key: string; hash: Buffer };
    storedApiKeyHash(key: string, prefix: string): Buffer | null;
    /** The service's public address: the tokens' `iss`. */
    issuer: string;
  };
  mails: {
    seal(mail: Mail): SealedMail;
    /** Tells whoever delivers mails that there is one; it never waits, and never fails. */
    deliverSoon(): void;
  };
  /** This machine's clock: for what is shown. What ends when is for the database's. */
  clock: { now(): Date; uptimeSeconds(): number };
  /** Whether the database answers. Throws `Unavailable` when it does not. */
  database: { ping(): Promise<void> };
}

import type { KeyObject } from 'node:crypto';
import type { Request } from 'express';
import { Authenticator, Strategy } from 'passport';
import { Strategy as JwtStrategy, type VerifiedCallback } from 'passport-jwt';
import type { Principal } from '../core/authenticate.js';
import type { ShownClaims } from '../core/ports.js';
import type { Origin } from '../core/session.js';
import { hasAccessClaims, tokenHeader } from '../core/token-header.js';
import { networkOf } from './network.js';
import type { ServedDialect } from './route-table.js';
import { createVerifiedTokens } from './verified-tokens.js';

const STRATEGY = 'credential';

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** More of it helps nobody. */
const MAX_USER_AGENT_LENGTH = 512;

/** What is needed to check an access token's signature. */
export interface AccessTokenCheck {
  /** The tokens' `iss`. */
  issuer: string;
  /** The tokens' header `typ`: no other kind of JSON Web Token is taken for one. */
  type: string;
  /** The public key of that `kid`, or null. */
  verificationKey(kid: string): KeyObject | null;
  /** Sees to it that `verificationKey` knows the key of that `kid`, where another process has made one. @throws Unavailable */
  learnVerificationKey(kid: string): Promise<unknown>;
}

/** A security scheme of the merged document, and the dialect that it belongs to. */
export interface SecurityScheme {
  type: string;
  scheme?: string;
  in?: string;
  name?: string;
}

/**
 * Checks the credential that one security scheme of a contract asks for.
 *
 * @returns who shows it, or null where there is none or it is not good.
 * @throws when a port does.
 */
export type CredentialCheck = (req: Request) => Promise<Principal | null>;

/**
 * The check of a security scheme: passport's strategies behind the contract's words.
 *
 * @throws {Error} for a scheme that this service cannot check: better at the start than at the first request.
 */
export function credentialCheck(scheme: SecurityScheme, served: ServedDialect, accessTokens: AccessTokenCheck): CredentialCheck {
  const { dialect, coreFor } = served;
  if (scheme.type === 'apiKey' && scheme.in === 'header' && scheme.name) {
    const header = scheme.name.toLowerCase();
    return check(
      new TokenStrategy(
        (req) => req.headers[header],
        (key, req) => coreFor(originOf(req)).authenticateDerivedApiKey(key),
      ),
    );
  }
  if (scheme.type === 'http' && scheme.scheme === 'bearer') {
    const opaque = check(new TokenStrategy(bearerOf, (token, req) => coreFor(originOf(req)).authenticateOpaqueToken(token)));
    if (dialect.policy.accessTokens === 'opaque') return opaque;
    const signed = checkOfSignedTokens(served, accessTokens);
    return (req) => (bearerOf(req)?.includes('.') ? signed(req) : opaque(req)); // RFC 7519: a JWT has dots, nothing else here has
  }
  throw new Error(`${dialect.name}: a security scheme of type ${scheme.type} cannot be checked`);
}

/** Of a token that was verified before, only whether it is still alive is asked, and whether its key still is. */
function checkOfSignedTokens(served: ServedDialect, accessTokens: AccessTokenCheck): CredentialCheck {
  const verified = createVerifiedTokens((kid) => accessTokens.verificationKey(kid) !== null);
  const verify = check(jwtStrategy(served, accessTokens));
  return async (req) => {
    const token = bearerOf(req) ?? '';
    const claims = verified.find(token);
    if (claims) return served.coreFor(originOf(req)).authenticateSession(claims);
    const { typ, kid } = tokenHeader(token);
    if (typ === accessTokens.type && kid !== undefined) await accessTokens.learnVerificationKey(kid);
    const principal = await verify(req);
    if (principal?.accessToken) verified.remember(token, principal.accessToken.claims);
    return principal;
  };
}

/** @see RFC 8725, sections 3.1, 3.8, 3.9 and 3.11: algorithm, issuer, audience and type are fixed, whatever the token says. */
function jwtStrategy({ dialect, coreFor }: ServedDialect, { issuer, type, verificationKey }: AccessTokenCheck): Strategy {
  return new JwtStrategy(
    {
      jwtFromRequest: bearerOf,
      passReqToCallback: true,
      algorithms: ['ES256'],
      issuer,
      audience: dialect.name,
      secretOrKeyProvider(_req, token: string, done) {
        const { typ, kid } = tokenHeader(token);
        const key = typ === type && kid !== undefined ? verificationKey(kid) : null;
        done(key ? null : 'unknown key', key as unknown as Buffer); // the types know no KeyObject, jsonwebtoken does
      },
    },
    (req: Request, claims: ShownClaims, done: VerifiedCallback) => {
      if (!hasAccessClaims(claims)) return done(null, false);
      coreFor(originOf(req))
        .authenticateSession(claims)
        .then((principal) => done(null, principal ?? false), done);
    },
  );
}

/**
 * The token behind `Bearer` in the Authorization header, or null: also where there is more than one token or header, as whoever stands in
 * front of this service may have looked at another one of them.
 *
 * @see RFC 6750, section 2.1
 */
export function bearerOf(req: Request): string | null {
  const [header = '', ...others] = req.headersDistinct.authorization ?? [];
  return others.length === 0 ? (BEARER.exec(header)?.[1] ?? null) : null;
}

/** Where a request comes from. */
export function originOf(req: Request): Origin {
  const userAgent = req.get('user-agent')?.slice(0, MAX_USER_AGENT_LENGTH) ?? null;
  const ipAddress = req.ip ?? null;
  return { userAgent, ipAddress, network: networkOf(ipAddress), requestId: req.id as string };
}

/**
 * Takes a token that means nothing by itself, an API key or an opaque one, and asks the core whose it is. Passport makes each request's
 * strategy with this one as its prototype: so no private fields.
 */
class TokenStrategy extends Strategy {
  readonly read: (req: Request) => unknown;
  readonly find: (token: string, req: Request) => Promise<Principal | null>;

  constructor(read: (req: Request) => unknown, find: (token: string, req: Request) => Promise<Principal | null>) {
    super();
    this.name = 'token';
    this.read = read;
    this.find = find;
  }

  override authenticate(req: Request): void {
    const token = this.read(req);
    if (typeof token !== 'string') return this.fail(401);
    this.find(token, req).then(
      (principal) => (principal ? this.success(principal) : this.fail(401)),
      (error: unknown) => this.error(error),
    );
  }
}

/** Passport is told the strategy's name, not the strategy: by its name each request gets one of its own, and with it its own answer. */
function check(strategy: Strategy): CredentialCheck {
  const passport = new Authenticator().use(STRATEGY, strategy);
  return (req) =>
    new Promise((resolve, reject) => {
      const answer = (error: unknown, principal: Principal | false) => (error ? reject(error) : resolve(principal || null));
      passport.authenticate(STRATEGY, { session: false }, answer)(req, req.res, reject);
    });
}

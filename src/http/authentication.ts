import type { KeyObject } from 'node:crypto';
import type { Request } from 'express';
import jwt from 'jsonwebtoken';
import { Authenticator, Strategy } from 'passport';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import type { Principal } from '../core/authenticate.js';
import type { ServedDialect } from './route-table.js';

/** What is needed to check an access token's signature. */
export interface AccessTokenCheck {
  /** The tokens' `iss`. */
  issuer: string;
  /** The tokens' header `typ`: no other kind of JSON Web Token is taken for one. */
  type: string;
  /** The public key of that `kid`, or null. */
  verificationKey(kid: string): KeyObject | null;
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
  const { dialect, core } = served;
  if (scheme.type === 'apiKey' && scheme.in === 'header' && scheme.name) {
    return check(new ApiKeyStrategy(scheme.name, (key) => core.authenticateApiKey(key)));
  }
  if (scheme.type === 'http' && scheme.scheme === 'bearer' && dialect.policy.accessTokens === 'signed') {
    return check(jwtStrategy(served, accessTokens));
  }
  throw new Error(`${dialect.name}: a security scheme of type ${scheme.type} cannot be checked`);
}

/** @see RFC 8725, sections 3.1, 3.8, 3.9 and 3.11: algorithm, issuer, audience and type are fixed, whatever the token says. */
function jwtStrategy({ dialect, core }: ServedDialect, { issuer, type, verificationKey }: AccessTokenCheck): Strategy {
  return new JwtStrategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: ['ES256'],
      issuer,
      audience: dialect.name,
      secretOrKeyProvider(_req, token, done) {
        const header = jwt.decode(token, { complete: true })?.header;
        const key = header?.typ === type && header.kid ? verificationKey(header.kid) : null;
        done(key ? null : 'unknown key', key as unknown as Buffer); // the types know no KeyObject, jsonwebtoken does
      },
    },
    (claims: { sub: string; sid: string }, done) => {
      core.authenticateSession(claims).then((principal) => done(null, principal ?? false), done);
    },
  );
}

/** Reads an API key from a header. */
class ApiKeyStrategy extends Strategy {
  readonly #header: string;
  readonly #find: (key: string) => Promise<Principal | null>;

  constructor(header: string, find: (key: string) => Promise<Principal | null>) {
    super();
    this.name = 'api-key';
    this.#header = header.toLowerCase();
    this.#find = find;
  }

  override authenticate(req: Request): void {
    const key = req.headers[this.#header];
    if (typeof key !== 'string') return this.fail(401);
    this.#find(key).then(
      (principal) => (principal ? this.success(principal) : this.fail(401)),
      (error: unknown) => this.error(error),
    );
  }
}

function check(strategy: Strategy): CredentialCheck {
  const passport = new Authenticator();
  return (req) =>
    new Promise((resolve, reject) => {
      const answer = (error: unknown, principal: Principal | false) => (error ? reject(error) : resolve(principal || null));
      passport.authenticate(strategy, { session: false }, answer)(req, req.res, reject);
    });
}

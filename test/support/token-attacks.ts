import crypto, { type KeyObject } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { APIS } from './apis.js';
import { es256, forge, hmac } from './forged-tokens.js';
import type { Claims } from './jwt.js';

/** What an attack is made from: a good token, what is public, and what the attacker has. */
export interface Material {
  token: string;
  header: { alg: string; typ: string; kid: string };
  claims: Claims;
  publicKey: KeyObject;
  /** The attacker's own, published at the URL. */
  ownKey: KeyObject;
  ownUrl: string;
}

export type Attack = [what: string, forge: (material: Material) => string];

const NOTHING = () => '';
const NOW_SECONDS = Math.floor(Date.now() / 1000);
/** Of either half of a pair. */
const publicHalf = (key: KeyObject) => (key.type === 'private' ? crypto.createPublicKey(key) : key);
export const jwkOf = (key: KeyObject) => publicHalf(key).export({ format: 'jwk' });
export const signatureOf = (token: string) => token.split('.')[2] ?? '';
export const inputOf = (token: string) => token.split('.').slice(0, 2).join('.');

/** By somebody who has no key of this service, but for the public ones. */
export const ALGORITHM_ATTACKS: Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE', '', null, ['none'], ['ES256'], { alg: 'none' }, undefined].flatMap((alg): Attack[] => [
    [`alg ${JSON.stringify(alg)} without a signature`, ({ header, claims }) => forge({ ...header, alg }, claims, NOTHING)],
    [
      `alg ${JSON.stringify(alg)} with a signature`,
      ({ token, header, claims }) => forge({ ...header, alg }, claims, () => signatureOf(token)),
    ],
  ]),
  ...(['HS256', 'HS384', 'HS512'] as const).flatMap((alg): Attack[] =>
    Object.entries({
      PEM: (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }),
      'PEM without its last line break': (key: KeyObject) => String(key.export({ format: 'pem', type: 'spki' })).trim(),
      DER: (key: KeyObject) => key.export({ format: 'der', type: 'spki' }),
      JWK: (key: KeyObject) => JSON.stringify(key.export({ format: 'jwk' })),
      'bare point': (key: KeyObject) => Buffer.from(`${jwkOf(key).x}${jwkOf(key).y}`, 'base64url'),
      'empty secret': () => '',
    }).map(([form, secretOf]) => [
      `${alg} with the public key as a secret: ${form}`,
      ({ header, claims, publicKey }) => forge({ ...header, alg }, claims, hmac(secretOf(publicKey), alg.replace('HS', 'sha'))),
    ]),
  ),
  ['another key under the known id', ({ header, claims, ownKey }) => forge(header, claims, es256(ownKey))],
  ...['RS256', 'PS256', 'ES384', 'EdDSA'].map((alg): Attack => [
    `alg ${alg} with the known id`,
    ({ header, claims, ownKey }) => forge({ ...header, alg }, claims, es256(ownKey)),
  ]),
];

const KEY_IDS: unknown[] = [
  '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
  '../../../../../../dev/null',
  "x' UNION SELECT 'secret' --",
  '__proto__',
  'constructor',
  '',
  'k'.repeat(5000),
  0,
  true,
  null,
  ['x'],
  { kid: 'x' },
  undefined,
];

export const KEY_ATTACKS: Attack[] = [
  ...KEY_IDS.flatMap((kid): Attack[] => {
    const name = `the key id ${String(JSON.stringify(kid)).slice(0, 40)}`;
    return [
      [name, ({ header, claims, ownKey }) => forge({ ...header, kid }, claims, es256(ownKey))],
      [`${name} and an empty secret`, ({ header, claims }) => forge({ ...header, alg: 'HS256', kid }, claims, hmac(''))],
    ];
  }),
  ['the known id in a list', ({ header, claims, ownKey }) => forge({ ...header, kid: [header.kid] }, claims, es256(ownKey))],
  ...(['known', 'own', 'no'] as const).flatMap((whose): Attack[] =>
    ['jku', 'x5u', 'jwk', 'x5c'].map((where) => [
      `a key of the attacker's in ${where}, with ${whose} id`,
      ({ header, claims, ownKey, ownUrl }) => {
        const value = { jku: ownUrl, x5u: ownUrl, jwk: { ...jwkOf(ownKey), kid: 'own' }, x5c: [certificate(ownKey)] }[where];
        const kid = { known: header.kid, own: 'own', no: undefined }[whose];
        return forge({ ...header, kid, [where]: value }, claims, es256(ownKey));
      },
    ]),
  ),
];

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const number32 = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

export const SIGNATURE_ATTACKS: Attack[] = [
  ...Object.entries({
    'of zeros': [0n, 0n],
    'whose r is zero': [0n, 1n],
    'whose s is zero': [1n, 0n],
    'of the order of the group': [ORDER, ORDER],
  } as Record<string, [bigint, bigint]>).map(([what, numbers]): Attack => [
    `a signature ${what}`,
    ({ header, claims }) => forge(header, claims, () => Buffer.concat(numbers.map(number32))),
  ]),
  ['no signature', ({ token }) => `${inputOf(token)}.`],
  ['no third part', ({ token }) => inputOf(token)],
  [
    'a signature of another token',
    ({ token, header, claims }) => forge(header, { ...claims, jti: crypto.randomUUID() }, () => signatureOf(token)),
  ],
  [
    'another account, and the signature as it was',
    ({ token, header, claims }) => forge(header, { ...claims, sub: crypto.randomUUID() }, () => signatureOf(token)),
  ],
  [
    'a later end, and the signature as it was',
    ({ token, header, claims }) => forge(header, { ...claims, exp: claims.exp + 9999 }, () => signatureOf(token)),
  ],
  ['two subjects, and the signature as it was', ({ token, header, claims }) => forge(header, twice(claims), () => signatureOf(token))],
  ["two subjects, and the attacker's signature", ({ header, claims, ownKey }) => forge(header, twice(claims), es256(ownKey))],
  [
    'a signature in DER',
    ({ header, claims, ownKey }) => forge(header, claims, (input) => crypto.sign('sha256', Buffer.from(input), ownKey)),
  ],
  ['half of a signature', ({ token }) => token.slice(0, -43)],
  ['a byte less', ({ token }) => token.slice(0, -2)],
  ['a signature twice', ({ token }) => token + signatureOf(token)],
  ['a fourth part', ({ token }) => `${token}.x`],
  ['five parts, as an encrypted token has', ({ token }) => `${token}.x.y`],
  ['five parts that say so', ({ claims }) => `${forge({ alg: 'dir', enc: 'A128GCM' }, '', NOTHING)}.${forge(claims, '', NOTHING)}`],
  ['padding behind its signature', ({ token }) => `${token}==`],
  ['padding behind each part', ({ token }) => token.split('.').join('=.')],
  ['letters of another alphabet', ({ token }) => `${inputOf(token)}.${signatureOf(token).replaceAll(/^./g, '+').replaceAll(/.$/g, '/')}`],
  ['12,000 characters', ({ header, claims, ownKey }) => forge(header, { ...claims, more: 'x'.repeat(8500) }, es256(ownKey))],
  ['12,000 characters without a dot', () => 'x'.repeat(12_000)],
  ['dots alone', () => '..'],
  ['a thousand dots', () => '.'.repeat(1000)],
  ['a header that is no JSON', ({ claims }) => forge('{"alg":"ES256"', claims, NOTHING)],
  ['a header that is null', ({ claims }) => forge('null', claims, NOTHING)],
  ['a header that is a list', ({ claims }) => forge('[]', claims, NOTHING)],
  ['a header 5,000 lists deep', ({ claims }) => forge('['.repeat(5000) + ']'.repeat(5000), claims, NOTHING).slice(0, 14_000)],
  ['claims that are no object', ({ header, ownKey }) => forge(header, '"x"', es256(ownKey))],
  ['a header with a prototype', ({ header, claims, ownKey }) => forge(`{"__proto__":${JSON.stringify(header)}}`, claims, es256(ownKey))],
  [
    'an extension, its payload not encoded',
    ({ header, claims, ownKey }) => forge({ ...header, b64: false, crit: ['b64'] }, claims, es256(ownKey)),
  ],
];

/** As if this service had signed what it never does: wrong in one thing alone. */
export type Unfit = [what: string, changedHeader: Record<string, unknown>, changedClaims: (claims: Claims) => Record<string, unknown>];

const KEPT = () => ({});
export const UNFIT_TYPES: Unfit[] = [
  'rt+jwt',
  'JWT',
  'jwt',
  'at+JWT',
  'application/at+jwt',
  'reset+jwt',
  '',
  null,
  ['at+jwt'],
  undefined,
].map((typ) => [`typ ${JSON.stringify(typ)}`, { typ }, KEPT]);
export const UNFIT_HEADERS: Unfit[] = [
  ['an extension that must be understood', { crit: ['exp'] }, KEPT],
  ['an extension of nothing', { crit: [] }, KEPT],
  ['a payload that is not encoded', { b64: false, crit: ['b64'] }, KEPT],
  ['alg HS256', { alg: 'HS256' }, KEPT],
  ['alg ES512', { alg: 'ES512' }, KEPT],
];
export const UNFIT_CLAIMS: Unfit[] = [
  ['another audience', {}, () => ({ aud: 'elsewhere' })],
  ['the audiences of all others', {}, ({ aud }) => ({ aud: APIS.map(({ dialect }) => dialect).filter((name) => name !== aud) })],
  ['a part of the audience', {}, ({ aud }) => ({ aud: aud.slice(1) })],
  ['no audience', {}, () => ({ aud: undefined })],
  ['another issuer', {}, () => ({ iss: 'http://elsewhere.test' })],
  ['an issuer with a slash more', {}, ({ iss }) => ({ iss: `${iss}/` })],
  ['no issuer', {}, () => ({ iss: undefined })],
  ['an end that has just come', {}, () => ({ exp: NOW_SECONDS })],
  ['an end before its beginning', {}, ({ iat }) => ({ exp: iat - 3600 })],
  ['no end', {}, () => ({ exp: undefined })],
  ['an end that is text', {}, ({ exp }) => ({ exp: String(exp) })],
  ['a beginning to come', {}, () => ({ nbf: NOW_SECONDS + 3600 })],
  ['no subject', {}, () => ({ sub: undefined })],
  ['no session', {}, () => ({ sid: undefined })],
  ['no id', {}, () => ({ jti: undefined })],
];

/** JSON with one name twice, which a parser may read either way. */
function twice(claims: Claims): string {
  return JSON.stringify(claims).replace('"sub":', `"sub":"${crypto.randomUUID()}","sub":`);
}

/** As a certificate is written in x5c; nobody may get as far as to find out that it is none. */
function certificate(key: KeyObject): string {
  return publicHalf(key).export({ format: 'der', type: 'spki' }).toString('base64');
}

/** A server of the attacker's with keys to be fetched, which never may be called. */
export async function listenAsAttacker() {
  const key = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const calls: string[] = [];
  const server = http.createServer((req, res) => {
    calls.push(req.url ?? '');
    res.end(JSON.stringify({ keys: [{ ...jwkOf(key), kid: 'own', use: 'sig', alg: 'ES256' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  return { key, calls, url, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** What tests read in a token. */
export interface Claims extends Record<string, unknown> {
  iss: string;
  aud: string;
  sub: string;
  sid: string;
  iat: number;
  exp: number;
}

/** The claims of a JSON Web Token, unchecked. */
export function decodeJwt(token: string | undefined): Claims {
  return part(token, 1) as Claims;
}

/** The header of a JSON Web Token, unchecked. */
export function decodeJwtHeader(token: string | undefined): { alg: string; typ: string; kid: string } {
  return part(token, 0) as { alg: string; typ: string; kid: string };
}

function part(token: string | undefined, index: number): unknown {
  return JSON.parse(Buffer.from(token?.split('.')[index] ?? '', 'base64url').toString());
}

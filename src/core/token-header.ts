/** What a JSON Web Token says of itself in its header, unchecked. */
export interface TokenHeader {
  typ?: unknown;
  kid?: unknown;
}

/** The header of what may be a JSON Web Token; empty where it is none. Nothing else of it is read. @see RFC 7515, section 4 */
export function tokenHeader(token: string): TokenHeader {
  try {
    return (JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString()) as TokenHeader | null) ?? {};
  } catch {
    return {};
  }
}

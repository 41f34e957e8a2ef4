import type { OperationsOf } from '../../dialect.js';
import { toIntrospection } from '../wire.js';

type Handled = 'introspectToken' | 'revokeToken';

/** For services that are shown tokens. @see RFC 7662 and RFC 7009 */
export const tokens: Pick<OperationsOf<'latchkey'>, Handled> = {
  async introspectToken({ body }, core, { principal }) {
    const inspected = await core.introspectToken(principal, body.token);
    return inspected.ok ? { status: 200, body: toIntrospection(inspected.value, core.issuer()) } : inspected;
  },

  async revokeToken({ body }, core, { principal }) {
    const revoked = await core.revokeToken(principal, body.token);
    return revoked.ok ? { status: 200, body: undefined } : revoked;
  },
};

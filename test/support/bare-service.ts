import { pino } from 'pino';
import type { Dialect } from '../../src/dialects/dialect.js';
import { DIALECTS } from '../../src/dialects/index.js';
import type { HttpOptions } from '../../src/http/app.js';
import type { OpenApiDocument } from '../../src/http/contract.js';
import { ROUTES } from '../../src/http/route-table.js';
import { fakePorts, workbenchContextOf } from './fake-ports.js';
import { mergedDocument } from './response-checker.js';
import { createUseCases } from '../../src/workbench/workbench.js';

/** The HTTP application with nothing behind it: the test says what each handler does, and the bearer `good` is somebody's. */
export function bareOptions(handle: () => Promise<unknown>): HttpOptions {
  const handlers = (dialect: Dialect) => Object.fromEntries(Object.keys(dialect.operations).map((name) => [name, handle]));
  return {
    document: mergedDocument as unknown as OpenApiDocument,
    routes: ROUTES,
    dialects: DIALECTS.map((dialect: Dialect) => ({
      dialect: { ...dialect, operations: handlers(dialect), policy: { ...dialect.policy, accessTokens: 'opaque' as const } },
      coreFor: () => ({
        ...createUseCases(workbenchContextOf(fakePorts([]).ports)),
        authenticateOpaqueToken: async (token: string) =>
          token === 'good' ? { accountId: 'somebody', account: null, session: { id: 'a session' }, accessToken: null, rights: null } : null,
      }),
    })),
    accessTokens: { issuer: 'http://latchkey.test', type: 'at+jwt', verificationKey: () => null, learnVerificationKey: async () => {} },
    logger: pino({ level: 'silent' }),
  };
}

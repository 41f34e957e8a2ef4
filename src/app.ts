import fs from 'node:fs';
import type { Express } from 'express';
import { pino, type Logger } from 'pino';
import type { Config } from './config.js';
import type { PasswordRules } from './core/password-rules.js';
import type { Policy } from './core/policy.js';
import type { Dialect } from './dialects/dialect.js';
import { DIALECTS } from './dialects/index.js';
import { createHttpApp } from './http/app.js';
import type { AccessTokenCheck } from './http/authentication.js';
import type { OpenApiDocument } from './http/contract.js';
import { ROUTES, type ServedDialect } from './http/route-table.js';
import { packageFile } from './package-root.js';
import type { WorkbenchContext } from './workbench/context.js';
import type { WorkbenchPorts } from './workbench/ports.js';
import { createUseCases } from './workbench/workbench.js';

/** What the HTTP application stands on. */
export interface Foundation {
  ports: WorkbenchPorts;
  rules: PasswordRules;
  accessTokens: AccessTokenCheck;
}

/** The HTTP application. The native dialect is always on: it answers for what belongs to nobody. */
export function createApp(config: Config, { ports, rules, accessTokens }: Foundation, logger: Logger): Express {
  const dialects = DIALECTS.filter(({ name }) => name === 'latchkey' || config.DIALECTS.includes(name)).map((dialect: Dialect) => ({
    dialect,
    coreFor: coreOf({ ports, rules, dialect: dialect.name, policy: policyOf(dialect, config) }),
  }));
  const document = servedDocument(dialects.map(({ dialect }) => dialect.name));
  const isHttps = config.PUBLIC_URL !== undefined && new URL(config.PUBLIC_URL).protocol === 'https:';
  const { TRUSTED_PROXIES: trustedProxies, CORS_ORIGINS: corsOrigins } = config;
  return createHttpApp({ document, routes: ROUTES, dialects, accessTokens, logger, trustedProxies, corsOrigins, isHttps });
}

/**
 * The service's logger: JSON lines on standard error. Should a secret of the contract ever come into a line as a field of its
 * name, the line says so instead.
 */
export function createLogger(level: Config['LOG_LEVEL']): Logger {
  const paths = secretFieldNames(mergedDocument()).flatMap((name) => [name, `*.${name}`]);
  return pino({ level, redact: { paths, censor: '[secret]' } }, pino.destination(2));
}

/** The names of the fields that the contract marks as secret. */
export function secretFieldNames(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const names = Object.entries(node).flatMap(([name, value]) =>
    (value as { 'x-secret'?: boolean } | null)?.['x-secret'] ? [name] : secretFieldNames(value),
  );
  return [...new Set(names)].sort();
}

function coreOf(context: Omit<WorkbenchContext, 'origin' | 'noteLimit'>): ServedDialect['coreFor'] {
  return (origin, noteLimit = () => {}) => createUseCases({ ...context, origin, noteLimit });
}

function policyOf(dialect: Dialect, config: Config): Policy {
  return dialect.name === 'flashback' ? { ...dialect.policy, hidesAccounts: config.FLASHBACK_HIDE_ACCOUNTS } : dialect.policy;
}

function mergedDocument(): OpenApiDocument {
  return JSON.parse(fs.readFileSync(packageFile('generated/openapi.json'), 'utf8')) as OpenApiDocument;
}

/** The merged document without the operations of dialects that are switched off. */
function servedDocument(names: string[]): OpenApiDocument {
  const document = mergedDocument();
  const isServed = (item: OpenApiDocument['paths'][string]) =>
    Object.values(item).some((operation) => names.includes(operation['x-latchkey-dialect'] ?? ''));
  return { ...document, paths: Object.fromEntries(Object.entries(document.paths).filter(([, item]) => isServed(item))) };
}

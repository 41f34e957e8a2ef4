import { z } from 'zod';
import { DIALECTS } from './dialects/index.js';

const DIALECT_NAMES = DIALECTS.map(({ name }) => name);
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/** As many as there are in a key of AES-256. */
export const MIN_SECRET_BYTES = 32;
/** Secrets that stand in somebody's example: enough bytes, and known to everybody. */
const WELL_KNOWN_SECRET = /^(.{1,8})\1*$|change.?me|example|placeholder|your.?secret|secret.?key|0123456789abcdef|1234567890123456/i;

const SECRET_WITH_DATABASE_URL = 'is required with DATABASE_URL, the same for every process (make one with: openssl rand -base64 32)';
const FROM_WITH_MAIL_URL = 'is required with MAIL_URL: the sender, an address that the mail server accepts';
/** One mailbox: an address, alone or in angle brackets behind a name. */
const MAILBOX = /^(?:(?:"[^"\\\r\n]*"|[^"\\<>@,;:()\r\n]*) ?<[^\s<>@,;:"]+@[^\s<>@,;:"]+>|[^\s<>@,;:"]+@[^\s<>@,;:"]+)$/;

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
const oneOf = <const T extends string>(words: readonly T[]) => z.enum(words, `must be one of: ${words.join(', ')}`);
const url = (protocols: RegExp, rule: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.test(new URL(text).protocol), rule);

const httpUrl = url(/^https?:$/, 'must be a URL that begins with http:// or https://');

/** The name of the setting that says where the application of a dialect is. */
const appUrlSetting = (dialect: string) => `${dialect.toUpperCase().replaceAll('-', '_')}_APP_URL` as const;

const settings = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: url(/^postgres(ql)?:$/, 'must be a URL that begins with postgres:// or postgresql://').optional(),
  DATA_DIR: z.string().default('.latchkey'),
  LATCHKEY_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES, `must be at least ${MIN_SECRET_BYTES} bytes long`)
    .refine((secret) => !WELL_KNOWN_SECRET.test(secret), 'must be random, not a well-known or repeated text')
    .optional(),
  DIALECTS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(oneOf(DIALECT_NAMES)))
    .default([...DIALECT_NAMES]),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 256).default(8),
  PASSWORD_HASH: oneOf(['bcrypt', 'argon2id']).default('bcrypt'),
  BCRYPT_COST: wholeNumber(10, 14).default(10),
  FLASHBACK_HIDE_ACCOUNTS: oneOf(['true', 'false'])
    .transform((word) => word === 'true')
    .default(false),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  MAIL_URL: url(/^smtps?:$/, 'must be a URL that begins with smtp:// or smtps://').optional(),
  MAIL_FROM: z
    .string()
    .regex(MAILBOX, 'must be one address, alone or as in: Latchkey <latchkey@example.com>')
    .default('Latchkey <latchkey@localhost>'),
  ...Object.fromEntries(DIALECT_NAMES.map((name) => [appUrlSetting(name), httpUrl.optional()])),
  LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
});

/** What the service is told by its environment. */
export type Config = z.infer<typeof settings> & { [appUrl: `${string}_APP_URL`]: string | undefined };

/** The names of all settings. */
export const SETTING_NAMES = Object.keys(settings.shape);

/** One or more settings are wrong. The message names them all, with the rule that each breaks and never its value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads the settings. An empty one counts as not given.
 *
 * @throws ConfigError
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '' && value !== undefined));
  const result = settings.safeParse(given);
  const faults = (result.error?.issues ?? []).map(({ path, message }) => `  ${String(path[0])} ${message}`);
  if (given.DATABASE_URL && !given.LATCHKEY_SECRET) faults.push(`  LATCHKEY_SECRET ${SECRET_WITH_DATABASE_URL}`);
  if (given.MAIL_URL && !given.MAIL_FROM) faults.push(`  MAIL_FROM ${FROM_WITH_MAIL_URL}`);
  if (result.success && faults.length === 0) return result.data;
  throw new ConfigError(`These settings are wrong:\n${[...new Set(faults)].join('\n')}`);
}

/** Where the applications are whose accounts these are, by the name of their dialect. */
export function appUrls(config: Config): Record<string, string | undefined> {
  return Object.fromEntries(DIALECT_NAMES.map((name) => [name, config[appUrlSetting(name)]]));
}

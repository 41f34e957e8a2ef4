import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { DIALECTS } from './dialects/index.js';

const DIALECT_NAMES = DIALECTS.map(({ name }) => name);
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/** As many as there are in a key of AES-256. */
export const MIN_SECRET_BYTES = 32;
/** Words of the secrets in somebody's example: enough bytes, and known to everybody. None is so short that chance would write it. */
const EXAMPLE_WORDS =
  /secret|passw[o0]rd|change.?me|replace.?me|example|default|placeholder|insecure|unsafe|production|develop|random|charact|string|latchkey|letmein|qwerty|asdfgh|zxcvbn|keyboard|dead.?beef/i;
/** So many of the same or of following characters are no chance either. */
const MAX_SEQUENCE = 7;
const MIN_DISTINCT_CHARACTERS = 8;

const SECRET_WITH_DATABASE_URL = 'is required with DATABASE_URL, the same for every process (make one with: openssl rand -base64 32)';
const WITH_DATABASE_URL = 'is another way into the database of DATABASE_URL, which is missing';
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

/** High enough to be none. */
const limit = wholeNumber(1, 1_000_000_000);
const isAddressOrRange = (text: string) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
const httpUrl = url(/^https?:$/, 'must be a URL that begins with http:// or https://');
const postgresUrl = url(/^postgres(ql)?:$/, 'must be a URL that begins with postgres:// or postgresql://');

/** Whether browsers send that as the `Origin` of a page: no path, no slash at the end, no port that is the scheme's own; no wildcard. */
const isOrigin = (text: string) => /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;

const masterSecret = z.string().superRefine((secret, context) => {
  const fault = masterSecretFault(secret);
  if (fault) context.addIssue({ code: 'custom', message: fault });
});

/** The name of the setting that says where the application of a dialect is. */
const appUrlSetting = (dialect: string) => `${dialect.toUpperCase().replaceAll('-', '_')}_APP_URL` as const;

const settings = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
  MIGRATION_DATABASE_URL: postgresUrl.optional(),
  DATA_DIR: z.string().default('.latchkey'),
  LATCHKEY_SECRET: masterSecret.optional(),
  NEW_LATCHKEY_SECRET: masterSecret.optional(),
  DIALECTS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(oneOf(DIALECT_NAMES)))
    .default([...DIALECT_NAMES]),
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.string().refine(isOrigin, 'must be origins, separated by commas, each as in: https://app.example.com')))
    .default([]),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 256).default(8),
  PASSWORD_HASH: oneOf(['bcrypt', 'argon2id']).default('bcrypt'),
  BCRYPT_COST: wholeNumber(10, 14).default(10),
  LIMIT_PASSWORD_FAILURES: limit.default(5),
  LIMIT_PASSWORD_WAIT_SECONDS: limit.default(900),
  LIMIT_NETWORK_FAILURES: limit.default(100),
  LIMIT_NETWORK_SIGN_UPS: limit.default(30),
  LIMIT_NETWORK_MAILS: limit.default(30),
  LIMIT_ADDRESS_MAILS: limit.default(3),
  LIMIT_SESSION_REFRESHES: limit.default(300),
  LIMIT_ACCOUNT_JOBS: limit.default(60),
  TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((address) => address.trim()))
    .refine((addresses) => addresses.every(isAddressOrRange), 'must be IP addresses or ranges such as 10.0.0.0/8, with commas between')
    .default([]),
  KEY_MAX_AGE_DAYS: wholeNumber(0, 3650).default(90),
  FLASHBACK_HIDE_ACCOUNTS: oneOf(['true', 'false'])
    .transform((word) => word === 'true')
    .default(false),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  SANDBOX: oneOf(['deno', 'bwrap', 'off']).default('deno'),
  SANDBOX_WARM_WORKERS: wholeNumber(0, 16).default(1),
  PACKAGE_INDEX_URL: httpUrl.default('https://pypi.org/simple/'),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: httpUrl.default('https://api.anthropic.com'),
  ANTHROPIC_MODEL: z.string().default('claude-sonnet-5-5'),
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
  if (given.MIGRATION_DATABASE_URL && !given.DATABASE_URL) faults.push(`  MIGRATION_DATABASE_URL ${WITH_DATABASE_URL}`);
  if (given.MAIL_URL && !given.MAIL_FROM) faults.push(`  MAIL_FROM ${FROM_WITH_MAIL_URL}`);
  if (result.success && faults.length === 0) return result.data;
  throw new ConfigError(`These settings are wrong:\n${[...new Set(faults)].join('\n')}`);
}

/** What is wrong with a text as the master secret, or null: whoever can guess it opens the working keys of a stolen database. */
export function masterSecretFault(secret: string): string | null {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) return `must be at least ${MIN_SECRET_BYTES} bytes long`;
  const isGuessable =
    EXAMPLE_WORDS.test(secret) || isRepeated(secret) || hasSequence(secret) || new Set(secret).size < MIN_DISTINCT_CHARACTERS;
  return isGuessable ? 'must be random, not a well-known or repeated text' : null;
}

/** Whether it is one text several times, the last time perhaps cut short. */
function isRepeated(text: string): boolean {
  const lengths = Array.from({ length: Math.floor(text.length / 2) }, (_, index) => index + 1);
  return lengths.some((length) => text.slice(length) === text.slice(0, -length));
}

/** Whether a part of it goes on like `aaaaaaaa`, `abcdefgh` or `87654321`. */
function hasSequence(text: string): boolean {
  const steps = [...text].map((character, index) => character.charCodeAt(0) - text.charCodeAt(index - 1));
  return steps.some(
    (step, index) =>
      Math.abs(step) <= 1 && steps.slice(index, index + MAX_SEQUENCE).filter((each) => each === step).length === MAX_SEQUENCE,
  );
}

/** Where the applications are whose accounts these are, by the name of their dialect. */
export function appUrls(config: Config): Record<string, string | undefined> {
  return Object.fromEntries(DIALECT_NAMES.map((name) => [name, config[appUrlSetting(name)]]));
}

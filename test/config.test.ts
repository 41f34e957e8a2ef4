import crypto from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { appUrls, ConfigError, masterSecretFault, readConfig } from '../src/config.js';

const SECRET = 'vS0mPEjdbVdYHbcwTRzXpsfCvSYKJZQ0';
const POSTGRES = 'postgres://ada:hunter2@db.example/latchkey';
const MAIL_SERVER = 'smtp://ada:hunter2@mail.example:587?requireTLS=true';

/** The lines of the complaint, without its headline. */
function faultsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message.split('\n').slice(1);
  }
}

describe('the settings', () => {
  it('are complete when nothing is given', () => {
    expect(readConfig({})).toEqual({
      PORT: 3000,
      HOST: '127.0.0.1',
      DATA_DIR: '.latchkey',
      DIALECTS: ['pyth-on', 'px0', 'pixyle', 'puppilot', 'flashback', 'latchkey'],
      CORS_ORIGINS: [],
      PASSWORD_MIN_LENGTH: 8,
      PASSWORD_HASH: 'bcrypt',
      BCRYPT_COST: 10,
      LIMIT_PASSWORD_FAILURES: 5,
      LIMIT_PASSWORD_WAIT_SECONDS: 900,
      LIMIT_NETWORK_FAILURES: 100,
      LIMIT_NETWORK_SIGN_UPS: 30,
      LIMIT_NETWORK_MAILS: 30,
      LIMIT_ADDRESS_MAILS: 3,
      LIMIT_SESSION_REFRESHES: 300,
      LIMIT_ACCOUNT_JOBS: 60,
      SANDBOX: 'deno',
      SANDBOX_WARM_WORKERS: 1,
      PACKAGE_INDEX_URL: 'https://pypi.org/simple/',
      ANTHROPIC_BASE_URL: 'https://api.anthropic.com',
      ANTHROPIC_MODEL: 'claude-sonnet-5-5',
      TRUSTED_PROXIES: [],
      KEY_MAX_AGE_DAYS: 90,
      FLASHBACK_HIDE_ACCOUNTS: false,
      MAIL_FROM: 'Latchkey <latchkey@localhost>',
      LOG_LEVEL: 'info',
    });
  });

  it('are taken as they are given, and what else is in the environment is not', () => {
    const given = {
      PORT: '0',
      HOST: '::1',
      PUBLIC_URL: 'https://login.example',
      DATABASE_URL: POSTGRES,
      MIGRATION_DATABASE_URL: POSTGRES,
      DATA_DIR: '/srv/latchkey',
      LATCHKEY_SECRET: SECRET,
      LIMIT_PASSWORD_FAILURES: '10',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      NEW_LATCHKEY_SECRET: `another ${SECRET}`,
      PASSWORD_MIN_LENGTH: '12',
      PASSWORD_HASH: 'argon2id',
      BCRYPT_COST: '12',
      KEY_MAX_AGE_DAYS: '0',
      FLASHBACK_HIDE_ACCOUNTS: 'true',
      MAIL_URL: MAIL_SERVER,
      MAIL_FROM: 'login@mail.example',
      PYTH_ON_APP_URL: 'https://pyth-on.example/app',
      LOG_LEVEL: 'silent',
    };

    expect(readConfig({ ...given, SHELL: '/bin/sh' })).toEqual({
      ...readConfig({}),
      ...given,
      PORT: 0,
      LIMIT_PASSWORD_FAILURES: 10,
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
      CORS_ORIGINS: ['https://app.example.com', 'http://localhost:5173'],
      PASSWORD_MIN_LENGTH: 12,
      BCRYPT_COST: 12,
      KEY_MAX_AGE_DAYS: 0,
      FLASHBACK_HIDE_ACCOUNTS: true,
    });
  });

  it('count as not given where they are empty', () => {
    const names = [
      'PORT',
      'HOST',
      'PUBLIC_URL',
      'DATABASE_URL',
      'DATA_DIR',
      'LATCHKEY_SECRET',
      'DIALECTS',
      'BCRYPT_COST',
      'MAIL_URL',
      'MAIL_FROM',
      'PX0_APP_URL',
      'LOG_LEVEL',
    ];

    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}));
    expect(faultsOf({ DATABASE_URL: POSTGRES, LATCHKEY_SECRET: '' })).toHaveLength(1);
  });

  it.each([
    ['px0', ['px0']],
    ['px0,flashback', ['px0', 'flashback']],
    [' pixyle , latchkey ', ['pixyle', 'latchkey']],
  ])('switch on a part of the dialects: DIALECTS="%s"', (text, dialects) => {
    expect(readConfig({ DIALECTS: text }).DIALECTS).toEqual(dialects);
  });

  it('name the application of each dialect', () => {
    const names = ['PYTH_ON', 'PX0', 'PIXYLE', 'PUPPILOT', 'FLASHBACK', 'LATCHKEY'];
    const given = Object.fromEntries(names.map((name) => [`${name}_APP_URL`, `https://${name.toLowerCase()}.example`]));

    expect(appUrls(readConfig(given))).toEqual({
      'pyth-on': 'https://pyth_on.example',
      px0: 'https://px0.example',
      pixyle: 'https://pixyle.example',
      puppilot: 'https://puppilot.example',
      flashback: 'https://flashback.example',
      latchkey: 'https://latchkey.example',
    });
    expect(appUrls(readConfig({ PX0_APP_URL: 'http://127.0.0.1:8080' }))).toEqual({ px0: 'http://127.0.0.1:8080' });
  });

  it.each(['latchkey@mail.example', 'Latchkey <latchkey@mail.example>', 'Zoë from Latchkey <a@b>', '"Latchkey, Inc." <a@mail.example>'])(
    'take one sender: MAIL_FROM=%s',
    (sender) => {
      expect(readConfig({ MAIL_FROM: sender }).MAIL_FROM).toBe(sender);
    },
  );
});

const noOrigins = (value: string): [string, string, string] => ['CORS_ORIGINS', value, NO_ORIGINS];
const NO_ORIGINS = 'must be origins, separated by commas, each as in: https://app.example.com';

describe('a fault in the settings', () => {
  it.each([
    ['LIMIT_ADDRESS_MAILS', '0', 'must be at least 1'],
    ['LIMIT_PASSWORD_WAIT_SECONDS', 'none', 'must be a whole number'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'must be IP addresses or ranges such as 10.0.0.0/8, with commas between'],
    ['TRUSTED_PROXIES', '10.0.0.1,proxy.example', 'must be IP addresses or ranges such as 10.0.0.0/8, with commas between'],
    ['TRUSTED_PROXIES', '10.0.0.1,', 'must be IP addresses or ranges such as 10.0.0.0/8, with commas between'],
    ['PORT', '65536', 'must be at most 65535'],
    ['PORT', '-1', 'must be a whole number'],
    ['PORT', '80.5', 'must be a whole number'],
    ['PORT', '0x50', 'must be a whole number'],
    ['PUBLIC_URL', 'login.example', 'must be a URL that begins with http:// or https://'],
    ['PUBLIC_URL', 'ftp://login.example', 'must be a URL that begins with http:// or https://'],
    ['DATABASE_URL', 'mysql://db.example', 'must be a URL that begins with postgres:// or postgresql://'],
    ['LATCHKEY_SECRET', SECRET.slice(1), 'must be at least 32 bytes long'],
    ['LATCHKEY_SECRET', 'a'.repeat(40), 'must be random, not a well-known or repeated text'],
    ['LATCHKEY_SECRET', 'hunter2 '.repeat(5), 'must be random, not a well-known or repeated text'],
    ['LATCHKEY_SECRET', 'please-change-me-before-production-0', 'must be random, not a well-known or repeated text'],
    ['LATCHKEY_SECRET', '0123456789abcdef0123456789abcdef', 'must be random, not a well-known or repeated text'],
    ['NEW_LATCHKEY_SECRET', SECRET.slice(1), 'must be at least 32 bytes long'],
    ['NEW_LATCHKEY_SECRET', SECRET.slice(0, 16).repeat(2), 'must be random, not a well-known or repeated text'],
    ['KEY_MAX_AGE_DAYS', '90 days', 'must be a whole number'],
    ['DIALECTS', 'px0,klingon', 'must be one of: pyth-on, px0, pixyle, puppilot, flashback, latchkey'],
    ['DIALECTS', 'PX0', 'must be one of: pyth-on, px0, pixyle, puppilot, flashback, latchkey'],
    ['DIALECTS', ',', 'must be one of: pyth-on, px0, pixyle, puppilot, flashback, latchkey'],
    ...['*', 'null', 'app.example.com', 'https://*.example.com', 'https://app.example.com/', 'https://app.example.com/app'].map(noOrigins),
    ...['https://App.example.com', 'https://app.example.com:443', 'https://ada@app.example.com', 'ftp://app.example.com', ','].map(
      noOrigins,
    ),
    ['PASSWORD_MIN_LENGTH', '7', 'must be at least 8'],
    ['PASSWORD_HASH', 'md5', 'must be one of: bcrypt, argon2id'],
    ['BCRYPT_COST', '9', 'must be at least 10'],
    ['BCRYPT_COST', '31', 'must be at most 14'],
    ['FLASHBACK_HIDE_ACCOUNTS', 'yes', 'must be one of: true, false'],
    ['MAIL_URL', 'mail.example:587', 'must be a URL that begins with smtp:// or smtps://'],
    ['MAIL_URL', 'https://mail.example', 'must be a URL that begins with smtp:// or smtps://'],
    ['MAIL_FROM', 'Latchkey', 'must be one address, alone or as in: Latchkey <latchkey@example.com>'],
    ['MAIL_FROM', 'Latchkey, Inc. <a@mail.example>', 'must be one address, alone or as in: Latchkey <latchkey@example.com>'],
    ['MAIL_FROM', 'a@mail.example, b@mail.example', 'must be one address, alone or as in: Latchkey <latchkey@example.com>'],
    ['MAIL_FROM', 'L <a@mail.example>\r\nBcc: b@mail.example', 'must be one address, alone or as in: Latchkey <latchkey@example.com>'],
    ['PX0_APP_URL', 'px0.example', 'must be a URL that begins with http:// or https://'],
    ['PYTH_ON_APP_URL', 'javascript:alert(1)', 'must be a URL that begins with http:// or https://'],
    ['LOG_LEVEL', 'loud', 'must be one of: fatal, error, warn, info, debug, silent'],
  ])('names the setting and its rule: %s=%s', (name, value, rule) => {
    const companions = { DATABASE_URL: { LATCHKEY_SECRET: SECRET }, MAIL_URL: { MAIL_FROM: 'a@mail.example' } };

    expect(faultsOf({ [name]: value, ...companions[name as keyof typeof companions] })).toEqual([`  ${name} ${rule}`]);
  });

  it('does not hide another one: all are told at once, each with no more than its name and rule', () => {
    const values = {
      PORT: 'hunter2-port',
      PUBLIC_URL: 'hunter2-url',
      DATABASE_URL: 'hunter2-database',
      DIALECTS: 'px0,hunter2-dialect',
      PASSWORD_MIN_LENGTH: 'hunter2-length',
      PASSWORD_HASH: 'hunter2-hash',
      BCRYPT_COST: 'hunter2-cost',
      FLASHBACK_HIDE_ACCOUNTS: 'hunter2-word',
      LOG_LEVEL: 'hunter2-level',
      CORS_ORIGINS: 'hunter2-origin',
      LATCHKEY_SECRET: 'hunter2-secret',
      MAIL_URL: 'hunter2-mail',
      MAIL_FROM: 'hunter2-sender',
      FLASHBACK_APP_URL: 'hunter2-application',
    };
    const faults = faultsOf(values);

    for (const name of Object.keys(values)) expect(faults.filter((fault) => fault.startsWith(`  ${name} `))).toHaveLength(1);
    expect(faults.join()).not.toContain('hunter2');
  });

  it('is a database server without the master secret, which all processes must share', () => {
    expect(faultsOf({ DATABASE_URL: POSTGRES })).toEqual([
      '  LATCHKEY_SECRET is required with DATABASE_URL, the same for every process (make one with: openssl rand -base64 32)',
    ]);
    expect(faultsOf({ DATABASE_URL: POSTGRES, PORT: 'x' })).toHaveLength(2);
    expect(readConfig({ DATABASE_URL: POSTGRES, LATCHKEY_SECRET: SECRET }).DATABASE_URL).toBe(POSTGRES);
  });

  it('is a way to migrate a database that is not named', () => {
    expect(faultsOf({ MIGRATION_DATABASE_URL: POSTGRES })).toEqual([
      '  MIGRATION_DATABASE_URL is another way into the database of DATABASE_URL, which is missing',
    ]);
  });

  it('is a mail server without a sender', () => {
    expect(faultsOf({ MAIL_URL: MAIL_SERVER })).toEqual([
      '  MAIL_FROM is required with MAIL_URL: the sender, an address that the mail server accepts',
    ]);
    expect(readConfig({ MAIL_URL: MAIL_SERVER, MAIL_FROM: 'a@mail.example' }).MAIL_URL).toBe(MAIL_SERVER);
  });
});

describe('the master secret', () => {
  it.each([
    'your-super-secret-jwt-token-with-at-least-32-characters-long',
    'a-string-secret-at-least-256-bits-long',
    'ThisIsMySecretKeyThatIsLongEnough!!!',
    'supersecretsupersecretsupersecret',
    'MyVeryLongP@ssw0rdPassword1234!!!!',
    'replace_me_replace_me_replace_me_00',
    'please-CHANGE-ME-please-please-please',
    'dev-only-insecure-do-not-use-in-prod',
    'for-production-use-openssl-rand-here',
    'SomeRandomStringSomeRandomString00',
    'abcdefghijklmnopqrstuvwxyz012345',
    'ZYXWVUTSRQPONMLKJIHGFEDCBA987654321',
    '12345678901234567890123456789012',
    'qwertyuiopasdfghjklzxcvbnmqwertyu',
    '00000000-0000-0000-0000-000000000000',
    'ffffffffffffffffffffffffffffffffffffffff',
    'deadbeefcafebabedeadbeefcafebabe00',
    'hunter2 hunter2 hunter2 hunter2 hunt',
    'k3Yf9QzR7mX2kLpAk3Yf9QzR7mX2kLpA',
    '123123123abc123123123abc123123123abc12',
    'ababababcdcdcdcdabababababcdcdcdab',
    'latchkey-latchkey-1f8a6c-latchkey',
    'keyboard cat keyboard cat keyboard!',
  ])('is refused where people paste it from somewhere: %s', (secret) => {
    expect(masterSecretFault(secret)).toBe('must be random, not a well-known or repeated text');
  });

  it('is good as a random number generator makes it, however it is written', () => {
    const random = Array.from({ length: 2000 }, (_, seed) => crypto.createHash('sha256').update(`seed ${seed}`).digest());
    const written = random.flatMap((bytes) => [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex', 0, 16),
      bytes.toString('base64', 0, 24),
    ]);

    expect(written.filter((secret) => masterSecretFault(secret) !== null)).toEqual([]);
  });
});

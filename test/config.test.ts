import { describe, expect, it } from '@jest/globals';
import { appUrls, ConfigError, readConfig } from '../src/config.js';

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
      PASSWORD_MIN_LENGTH: 8,
      PASSWORD_HASH: 'bcrypt',
      BCRYPT_COST: 10,
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
      DATA_DIR: '/srv/latchkey',
      LATCHKEY_SECRET: SECRET,
      PASSWORD_MIN_LENGTH: '12',
      PASSWORD_HASH: 'argon2id',
      BCRYPT_COST: '12',
      FLASHBACK_HIDE_ACCOUNTS: 'true',
      MAIL_URL: MAIL_SERVER,
      MAIL_FROM: 'login@mail.example',
      PYTH_ON_APP_URL: 'https://pyth-on.example/app',
      LOG_LEVEL: 'silent',
    };

    expect(readConfig({ ...given, SHELL: '/bin/sh' })).toEqual({
      ...given,
      PORT: 0,
      DIALECTS: readConfig({}).DIALECTS,
      PASSWORD_MIN_LENGTH: 12,
      BCRYPT_COST: 12,
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

describe('a fault in the settings', () => {
  it.each([
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
    ['DIALECTS', 'px0,klingon', 'must be one of: pyth-on, px0, pixyle, puppilot, flashback, latchkey'],
    ['DIALECTS', 'PX0', 'must be one of: pyth-on, px0, pixyle, puppilot, flashback, latchkey'],
    ['DIALECTS', ',', 'must be one of: pyth-on, px0, pixyle, puppilot, flashback, latchkey'],
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

  it('is a mail server without a sender', () => {
    expect(faultsOf({ MAIL_URL: MAIL_SERVER })).toEqual([
      '  MAIL_FROM is required with MAIL_URL: the sender, an address that the mail server accepts',
    ]);
    expect(readConfig({ MAIL_URL: MAIL_SERVER, MAIL_FROM: 'a@mail.example' }).MAIL_URL).toBe(MAIL_SERVER);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config.js';

const SECRET = 'vS0mPEjdbVdYHbcwTRzXpsfCvSYKJZQ0';
const POSTGRES = 'postgres://ada:hunter2@db.example/latchkey';

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
    const names = ['PORT', 'HOST', 'PUBLIC_URL', 'DATABASE_URL', 'DATA_DIR', 'LATCHKEY_SECRET', 'DIALECTS', 'BCRYPT_COST', 'LOG_LEVEL'];

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
    ['LOG_LEVEL', 'loud', 'must be one of: fatal, error, warn, info, debug, silent'],
  ])('names the setting and its rule: %s=%s', (name, value, rule) => {
    expect(faultsOf({ [name]: value, ...(name === 'DATABASE_URL' && { LATCHKEY_SECRET: SECRET }) })).toEqual([`  ${name} ${rule}`]);
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
});

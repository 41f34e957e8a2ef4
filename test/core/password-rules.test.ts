import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalizedPassword, passwordFault, type PasswordRules } from '../../src/core/password-rules.js';
import { isCommonPassword } from '../../src/crypto/common-passwords.js';

const RULES: PasswordRules = { minLength: 8, isCommon: isCommonPassword, serviceNames: ['latchkey', 'pyth-on', 'px0'] };
const ADA = { email: 'ada.lovelace1815@engines.analytical.co.uk', name: 'Ada Byron-King' };
const judged = (password: string, rules: Partial<PasswordRules> = {}) => passwordFault(password, { ...RULES, ...rules }, ADA);

describe('normalizedPassword', () => {
  it('is the NFC, but leaves alone what is longer than any good password: normalising that would take long', () => {
    expect(normalizedPassword('e\u0301')).toBe('\u00e9');
    expect(normalizedPassword('e\u0301'.repeat(1024))).toBe('\u00e9'.repeat(1024));
    expect(normalizedPassword('e\u0301'.repeat(1025))).toBe('e\u0301'.repeat(1025));
  });
});

describe('passwordFault', () => {
  it.each([
    ['seven77', 'password_too_short'],
    ['quartz9!', null],
    ['👍👎👊✌👌👋👏', 'password_too_short'],
    ['👍👎👊✌👌👋👏👐', null],
    ['e\u0301x'.repeat(3), 'password_too_short'],
    [`${'long words '.repeat(23)}fin`, null],
    [`${'long words '.repeat(23)}fine`, 'password_too_long'],
  ])('S06: %j: %s, counted in code points of its NFC', async (password, fault) => {
    expect(await judged(password)).toBe(fault);
  });

  it('S06: as long as the service asks for', async () => {
    expect(await judged('fourteen chars', { minLength: 15 })).toBe('password_too_short');
    expect(await judged('fifteen, or so!', { minLength: 15 })).toBeNull();
  });

  it('S07: takes every printable character, the blank and Unicode', async () => {
    const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 126 - ((i * 7) % 95)));

    for (const password of [ascii, 'ÄÖÜ äöü ß', 'пароль для входа', '正確な馬の電池留め金', '🐎🔋📎✅🐴🔌🧷✔', ' \t quill \u00a0 '])
      expect(await judged(password)).toBeNull();
  });

  it.each(['correctly', 'correctly horse', 'CORRECTLY', 'zqkwjvxb', '83920174', '?!?.,;:-!'])(
    'S08: asks for no mixture of characters: %s is good',
    async (password) => {
      expect(await judged(password)).toBeNull();
    },
  );

  it.each(['password', 'PassWord', 'password1', 'P@ssw0rd', '12345678', 'qwertyuiop', 'iloveyou', 'Trustno1', 'letmein1', '1q2w3e4r'])(
    'S09: %s is one that everybody tries first',
    async (password) => {
      expect(await judged(password)).toBe('password_too_common');
    },
  );

  it.each([
    'aaaaaaaa',
    'x'.repeat(256),
    '        ',
    'abababab',
    '12341234',
    'Abcabcabc',
    'abcdefgh',
    'ABCdefgh',
    '87654321',
    'lmnopqrst',
    '👍'.repeat(8),
  ])('S09: %j is a repetition or a run', async (password) => {
    expect(await judged(password)).toBe('password_too_common');
  });

  it('S09: the whole password is compared, and nothing less', async () => {
    for (const password of ['password and more of it', 'my password1', 'iloveyou twice', 'abcdefgh and on', 'aaaaaaaaab'])
      expect(await judged(password)).toBeNull();
  });

  it('S09: works offline, and as many are known as ASVS asks for: the 3,000 that are used most and long enough', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    const longEnough = dictionary['passwords-common'].filter((password) => [...password].length >= 8);

    expect(longEnough.length).toBeGreaterThan(3000);
    for (const password of longEnough.slice(0, 3000)) expect(await judged(password.toUpperCase())).toBe('password_too_common');
  });

  it.each([
    ['the address', 'ada.lovelace1815@engines.analytical.co.uk'],
    ['the part before the at sign', 'Ada.Lovelace1815'],
    ['a word of it', 'lovelace-x'],
    ['a word of it, with something around it', '!!Lovelace-07'],
    ['two words of it', 'lovelace_ANALYTICAL_1'],
    ['a label of the domain', 'Engines2024'],
    ['the name', 'ada byron-king'],
    ['the name, written as one', 'adabyronking99'],
    ['a word of the name', 'Byron#1788'],
    ['a word of it, twice', 'KingByronKing'],
    ["the service's name", 'Latchkey2024!'],
    ["another one of the service's names", 'PYTH-ON1'],
    ["another one of the service's names, written as one", 'python_42'],
  ])('S09: %s is easy to guess: %s', async (_what, password) => {
    expect(await judged(password)).toBe('password_too_guessable');
  });

  it.each([
    ['enough is left without the words', 'engines run on batteries'],
    ['a word of three letters is none', 'ada-1-2-3'],
    ['the end of the domain says nothing of anybody', 'made in uk'],
    ["another one's name", 'charles babbage'],
  ])('S09: %s: %s is good', async (_why, password) => {
    expect(await judged(password)).toBeNull();
  });

  it('S09: "correct horse battery" is good for user@example.com, and "example horse" is not', async () => {
    const user = { email: 'user@example.com', name: 'user' };

    expect(await passwordFault('correct horse battery', RULES, user)).toBeNull();
    expect(await passwordFault('Example horse', RULES, user)).toBe('password_too_guessable');
    expect(await passwordFault('example: a horse', RULES, user)).toBeNull();
  });

  it('S09: no word of the address or the name counts towards the length, wherever it stands, and everything else does', async () => {
    const word = fc.stringMatching(/^[b-df-hj-np-tv-z]{4,10}$/);
    const filler = fc.stringMatching(/^[0-9]{0,12}$/);
    await fc.assert(
      fc.asyncProperty(word, word, filler, filler, async (local, name, before, after) => {
        const owner = { email: `${local}@example.com`, name };
        for (const known of [local, name]) {
          const fault = await passwordFault(`${before}${known}${after}`, { ...RULES, isCommon: async () => false }, owner);
          const left = before.length + after.length;
          if (before.length + known.length + after.length < 8) expect(fault).toBe('password_too_short');
          else if (left < 8) expect(['password_too_guessable', 'password_too_common']).toContain(fault);
          else expect(fault).toBeNull();
        }
      }),
    );
  });
});

import crypto from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import bcrypt from 'bcryptjs';
import { Overloaded } from '../../src/core/faults.js';
import { createHashPool, type HashPool } from '../../src/crypto/hash-pool.js';
import { parseHash, unmatchableHash, type HashScheme } from '../../src/crypto/password-hash.js';
import { createPasswords } from '../../src/crypto/passwords.js';

const pool = createHashPool({ threads: 2 });
afterAll(() => pool.close());

const DECOY_KEY = crypto.createSecretKey(Buffer.alloc(32, 7));
const CHEAP: HashScheme = { algorithm: 'bcrypt', cost: 4 };

type SchemeCounts = { scheme: string; accounts: number }[];
const passwordsOf = (scheme: HashScheme, counts: SchemeCounts = []) => createPasswords(pool, scheme, DECOY_KEY, async () => counts);

describe.each<[string, HashScheme, RegExp]>([
  ['bcrypt', CHEAP, /^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/],
  ['argon2id', { algorithm: 'argon2id' }, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$/],
])('a hash of the scheme %s', (_name, scheme, form) => {
  const passwords = passwordsOf(scheme);

  it('S10: has its published form, a salt of 128 bits of its own, and verifies', async () => {
    const [first, second] = [await passwords.hash('open sesame'), await passwords.hash('open sesame')];

    expect(first).toMatch(form);
    expect(second).not.toBe(first);
    expect(await passwords.verify('open sesame', first)).toBe(true);
    expect(await passwords.verify('open sesame!', first)).toBe(false);
    expect(await passwords.verify('', first)).toBe(false);
  });

  it.each([72, 73, 200, 255])('S07: is of every byte: another one at %i does not verify', async (index) => {
    const password = 'x'.repeat(256);
    const hash = await passwords.hash(password);

    expect(await passwords.verify(password, hash)).toBe(true);
    expect(await passwords.verify(`${password.slice(0, index)}y${password.slice(index + 1)}`, hash)).toBe(false);
  });

  it('is of the NFC of the password: however a keyboard composes it', async () => {
    expect(await passwords.verify('cafe\u0301 \u{1F600}', await passwords.hash('caf\u00e9 \u{1F600}'))).toBe(true);
  });

  it('S11: is as it should be, and any other scheme or cost is not', async () => {
    expect(passwords.needsRehash(await passwords.hash('open sesame'))).toBe(false);
    for (const hash of [
      '$2b$04$x',
      '$bcrypt-sha256$v=2,t=2b,r=5$x$y',
      '$bcrypt-sha256$v=2,t=2b,r=44$x$y',
      '$argon2id$v=19$m=65536,t=2,p=1$x$y',
    ]) {
      expect(passwords.needsRehash(hash)).toBe(true);
    }
  });
});

describe('imported hashes', () => {
  const passwords = passwordsOf(CHEAP);

  it("S10: verifies passlib's published test vector", async () => {
    const vector = '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';

    expect(await passwords.verify('password', vector)).toBe(true);
    expect(await passwords.verify('passwore', vector)).toBe(false);
  });

  it.each(['$2a$', '$2b$', '$2y$'])('S11: verifies plain bcrypt with the prefix %s, and wants it hashed anew', async (prefix) => {
    const hash = bcrypt.hashSync('open sesame', 4).replace('$2b$', prefix);

    expect(await passwords.verify('open sesame', hash)).toBe(true);
    expect(await passwords.verify('open sesamf', hash)).toBe(false);
    expect(passwords.needsRehash(hash)).toBe(true);
  });

  it('S11: verifies plain bcrypt of the bytes as they were sent, and of their NFC', async () => {
    const [decomposed, composed] = ['cafe\u0301', 'caf\u00e9'];

    expect(await passwords.verify(decomposed, bcrypt.hashSync(decomposed, 4))).toBe(true);
    expect(await passwords.verify(decomposed, bcrypt.hashSync(composed, 4))).toBe(true);
  });

  it.each([
    ['a cost above 14', `$2b$15$${'x'.repeat(53)}`],
    ['a cost above 31', `$bcrypt-sha256$v=2,t=2b,r=32$${'x'.repeat(22)}$${'x'.repeat(31)}`],
    ['a cost below 4', `$2b$03$${'x'.repeat(53)}`],
    ['a gigabyte of memory', '$argon2id$v=19$m=1048576,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA'],
    ['a thousand passes', '$argon2id$v=19$m=19456,t=1000,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA'],
    ['no known form', 'md5:hunter2'],
    ['nothing', ''],
  ])('S12: are refused for %s, before any work is done, and never quoted', async (_reason, hash) => {
    const idle = { run: () => Promise.reject(new TypeError('work was done')), close: async () => {} };
    const refusing = createPasswords(idle, CHEAP, DECOY_KEY, async () => []);
    const rejected = await refusing.verify('x', hash).catch((error: Error) => error);

    expect(rejected).toBeInstanceOf(Error);
    expect((rejected as Error).message).toMatch(/^a stored/);
    expect((rejected as Error).message).not.toContain('hunter2');
  });
});

describe('decoys', () => {
  it.each(['$bcrypt-sha256$v=2,t=2b,r=4', '$2b$04', '$2y$05', '$argon2id$v=19$m=19456,t=2,p=1'])(
    'S04: of the scheme %s are good hashes, of the same cost, that no password has',
    async (scheme) => {
      const decoy = await passwordsOf(CHEAP, [{ scheme, accounts: 3 }]).decoyHash('nobody@example.com');

      expect(decoy.startsWith(`${scheme}$`)).toBe(true);
      expect(parseHash(decoy)).toBeDefined();
      expect(await passwordsOf(CHEAP).verify('a guess', decoy)).toBe(false);
    },
  );

  it.each(['$bcrypt-sha256$v=2,t=2b,r=4', '$2b$04', '$2y$05'])(
    'S04: of the scheme %s take as many computations as a hash of somebody, also where the NFC of the password is another one',
    async (scheme) => {
      let computations = 0;
      const counting: HashPool = {
        run(task: never): Promise<never> {
          computations += 1;
          return pool.run(task) as Promise<never>;
        },
        close: async () => {},
      };
      const passwords = createPasswords(counting, CHEAP, DECOY_KEY, async () => [{ scheme, accounts: 1 }]);
      const count = async (password: string, hash: string) => {
        computations = 0;
        expect(await passwords.verify(password, hash)).toBe(false);
        return computations;
      };
      const [decoy, real] = [await passwords.decoyHash('nobody@example.com'), unmatchableHash(scheme, crypto.randomBytes(48))];

      for (const guess of ['cafe', 'cafe\u0301']) expect(await count(guess, decoy)).toBe(await count(guess, real));
      expect(await count('cafe\u0301', decoy)).toBe(scheme.startsWith('$2') ? 2 : 1);
    },
  );

  it('have the present scheme where nothing is stored', async () => {
    expect(await passwordsOf(CHEAP).decoyHash('nobody@example.com')).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$/);
  });

  it('S04: are drawn as often as each scheme is stored, and always the same for one address', async () => {
    const passwords = passwordsOf(CHEAP, [
      { scheme: '$2b$04', accounts: 25 },
      { scheme: '$bcrypt-sha256$v=2,t=2b,r=4', accounts: 75 },
    ]);
    const decoys = await Promise.all(Array.from({ length: 2000 }, (_, i) => passwords.decoyHash(`somebody${i}@example.com`)));

    const share = decoys.filter((decoy) => decoy.startsWith('$2b$')).length / decoys.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
    expect(await passwords.decoyHash('SOMEBODY7@example.com')).toBe(decoys[7]);
    expect(new Set(decoys).size).toBe(decoys.length);
  });

  it('never make a login fail or wait: where the schemes cannot be counted, the present one is taken', async () => {
    const broken = createPasswords(pool, CHEAP, DECOY_KEY, () => Promise.reject(new Error('away')));

    expect(await broken.decoyHash('nobody@example.com')).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$/);
  });

  it('take the form of their scheme from any bytes', () => {
    for (let i = 0; i < 200; i++) {
      for (const prefix of ['$bcrypt-sha256$v=2,t=2b,r=10', '$2b$10', '$argon2id$v=19$m=19456,t=2,p=1']) {
        expect(() => parseHash(unmatchableHash(prefix, crypto.randomBytes(48)))).not.toThrow();
      }
    }
  });
});

describe('the pool', () => {
  it('refuses what it has no room for, says when to come back, and does the rest', async () => {
    const small = createHashPool({ threads: 1, queueLength: 2 });
    const task = { work: 'bcrypt', input: 'x', salt: bcrypt.genSaltSync(6) } as const;

    const results = await Promise.allSettled(Array.from({ length: 6 }, () => small.run(task)));
    await small.close();

    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Overloaded] : []));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeLessThan(6);
    for (const reason of refused) expect(reason).toMatchObject({ name: 'Overloaded', retryAfterSeconds: 3 });
  });

  it('leaves the event loop to others while it hashes', async () => {
    const ticks: number[] = [];
    const timer = setInterval(() => ticks.push(performance.now()), 1);
    await Promise.all(Array.from({ length: 4 }, () => pool.run({ work: 'bcrypt', input: 'x', salt: bcrypt.genSaltSync(9) })));
    clearInterval(timer);

    expect(ticks.length).toBeGreaterThan(10);
  });
});

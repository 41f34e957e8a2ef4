import { randomBytes } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from 'hash-wasm';
import { createBwrapProvider } from '../../../src/sandbox/bwrap/provider.js';
import type { EncryptedCode } from '../../../src/workbench/encrypted-code.js';
import { LANGUAGES, type Language } from '../../../src/workbench/sandbox.js';
import { describeBwrapOpening } from './here.js';
import { jobOf, runJob } from '../harness.js';

const sandbox = createBwrapProvider();
afterAll(() => sandbox.close());

const PASSWORD = 'Pässword für Ada'; // composed
const SOURCES: Record<Language, string> = { python: 'print("grüß 🗝")', javascript: 'console.log("grüß 🗝")' };

/** As its owner's own client encrypts: written here once more, so that both sides are held to the format. */
async function encrypted(language: Language, source: string, { m = 19_456, t = 2 } = {}): Promise<EncryptedCode> {
  const [salt, nonce] = [randomBytes(16), randomBytes(24)];
  const password = PASSWORD.normalize('NFC');
  const key = await argon2id({ password, salt, memorySize: m, iterations: t, parallelism: 1, hashLength: 32, outputType: 'binary' });
  const bound = `zk1\nargon2id\n19\n${m}\n${t}\n1\n${salt.toString('base64')}\nxchacha20poly1305-ietf\n${language}\njob-1`;
  const ct = Buffer.from(xchacha20poly1305(key, nonce, Buffer.from(bound)).encrypt(Buffer.from(source))).toString('base64');
  const kdf = { alg: 'argon2id', v: 19, m, t, p: 1, salt: salt.toString('base64') } as const;
  return { v: 1, name: 'job-1', language, kdf, cipher: 'xchacha20poly1305-ietf', nonce: nonce.toString('base64'), ct };
}

const run = (code: EncryptedCode, password = PASSWORD, stdin = '') =>
  runJob(sandbox, jobOf(code.language, '', { program: { encrypted: code, password }, stdin }));

describeBwrapOpening.each([...LANGUAGES])('an encrypted program in %s', (language) => {
  it('is opened by its password, whichever way its accents are written, and runs as any other', async () => {
    const code = await encrypted(language, SOURCES[language]);
    expect(await run(code)).toMatchObject({ status: 'ok', exitCode: 0, stdout: 'grüß 🗝\n', stderr: '' });
    expect(await run(code, PASSWORD.normalize('NFD'))).toMatchObject({ status: 'ok', stdout: 'grüß 🗝\n' });
  });

  it('still has standard input for itself', async () => {
    const source = { python: 'print(input())', javascript: 'process.stdin.pipe(process.stdout)' }[language];
    expect((await run(await encrypted(language, source), PASSWORD, 'a line\n')).stdout).toBe('a line\n');
  });

  it('is not opened by another password, and says so', async () => {
    expect(await run(await encrypted(language, SOURCES[language]), 'another')).toMatchObject({
      ...{ status: 'decryption_failed', exitCode: null, stdout: '', stderr: '' },
    });
  });

  it('is not opened where anything of it was changed', async () => {
    const code = await encrypted(language, SOURCES[language]);
    const other = await encrypted(language, SOURCES[language]);
    const changes: Partial<EncryptedCode>[] = [
      { name: 'job-2' },
      { kdf: { ...code.kdf, t: 3 } },
      { kdf: { ...code.kdf, m: 20_000 } },
      { kdf: other.kdf },
      { nonce: other.nonce },
      { ct: other.ct },
      { nonce: 'AAAA' },
      { ct: '' },
    ];
    for (const change of changes) expect([change, (await run({ ...code, ...change })).status]).toEqual([change, 'decryption_failed']);
    const elsewhere = LANGUAGES.find((one) => one !== language) ?? language;
    expect((await run({ ...code, language: elsewhere })).status).toBe('decryption_failed');
  });

  it('may take the most memory that the format allows to be opened', async () => {
    expect(await run(await encrypted(language, SOURCES[language], { m: 262_144, t: 2 }))).toMatchObject({
      status: 'ok',
      stdout: 'grüß 🗝\n',
    });
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from 'hash-wasm';
import { createCodeEncryption } from '../../src/crypto/code-encryption.js';
import { encryptCode, sealCode, type EncryptedCodePayload } from '../../src/sdk/encrypt-code.js';

const PASSWORD = 'Zürich, correct horse';
const SOURCE = 'print("héllo 🌍")\n';
/** The Python client as it stands in the documentation. */
const [, CLIENT = ''] = /```python\n([\s\S]*?)```/.exec(fs.readFileSync('docs/encrypted-code.md', 'utf8')) ?? [];
/** Debian's is the one that has PyNaCl, where there are several. */
const PYTHON = ['python3', '/usr/bin/python3'].find((file) => spawnSync(file, ['-c', 'import nacl']).status === 0);
if (!PYTHON && process.env.CI === 'true') throw new Error('python3-nacl must be there under CI');
if (!PYTHON) console.log('the Python client is not tested: no python3 here has PyNaCl (Debian: python3-nacl)');

/** Another implementation, of the format's words alone. */
async function open({ name, language, kdf, cipher, nonce, ct }: EncryptedCodePayload, password: string): Promise<string> {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const cost = { memorySize: kdf.m, iterations: kdf.t, parallelism: kdf.p, hashLength: 32 };
  const key = await argon2id({ ...cost, password: password.normalize('NFC'), salt: bytes(kdf.salt), outputType: 'binary' });
  const associated = `zk1\nargon2id\n19\n${kdf.m}\n${kdf.t}\n1\n${kdf.salt}\n${cipher}\n${language}\n${name}`;
  return Buffer.from(xchacha20poly1305(key, bytes(nonce), Buffer.from(associated)).decrypt(bytes(ct))).toString();
}

function inPython(expression: string, input: unknown): unknown {
  const program = `${CLIENT}\nimport json, sys\nsent = json.load(sys.stdin)\njson.dump(${expression}, sys.stdout)\n`;
  return JSON.parse(execFileSync(PYTHON ?? '', ['-c', program], { input: JSON.stringify(input), encoding: 'utf8' }));
}

/** Both ways to the same payload: what clients run, and what the service runs for who tries it. */
const WAYS: [string, (code: string, password: string, name: string) => Promise<EncryptedCodePayload>][] = [
  ['the SDK', (code, masterPassword, name) => encryptCode({ code, masterPassword, name })],
  ['the service', (code, password, name) => createCodeEncryption().encrypt(code, password, name, 'python')],
];

describe.each(WAYS)('code that %s encrypted', (_way, encrypt) => {
  it('opens with its password, in either form of Unicode, and with no other one', async () => {
    const payload = await encrypt(SOURCE, PASSWORD.normalize('NFD'), 'job-1');

    expect(await open(payload, PASSWORD)).toBe(SOURCE);
    await expect(open(payload, `${PASSWORD}!`)).rejects.toThrow();
    expect(Buffer.from(payload.ct, 'base64')).toHaveLength(Buffer.byteLength(SOURCE) + 16);
  });

  it('has a salt and a nonce of its own each time, and nothing of the source or the password', async () => {
    const [one, other] = [await encrypt(SOURCE, PASSWORD, 'job-1'), await encrypt(SOURCE, PASSWORD, 'job-1')];

    expect([one.kdf.salt === other.kdf.salt, one.nonce === other.nonce, one.ct === other.ct]).toEqual([false, false, false]);
    expect(Buffer.from(one.ct, 'base64').includes('print')).toBe(false);
    expect(JSON.stringify(one)).not.toContain('horse');
  });

  it.each<[string, (payload: EncryptedCodePayload) => EncryptedCodePayload]>([
    ['was renamed', (payload) => ({ ...payload, name: 'job-2' })],
    ['is in another language', (payload) => ({ ...payload, language: 'javascript' })],
    ['was made cheaper', (payload) => ({ ...payload, kdf: { ...payload.kdf, t: 2 } })],
    ['has another salt', (payload) => ({ ...payload, kdf: { ...payload.kdf, salt: 'AAAAAAAAAAAAAAAAAAAAAA==' } })],
  ])('does not open where it %s', async (_what, change) => {
    await expect(open(change(await encrypt(SOURCE, PASSWORD, 'job-1')), PASSWORD)).rejects.toThrow();
  });

  (PYTHON ? it : it.skip)('opens in Python, by the client of the documentation', async () => {
    const payload = await encrypt(SOURCE, PASSWORD, 'job-1');

    expect(inPython('decrypt_code(sent["payload"], sent["password"])', { payload, password: PASSWORD.normalize('NFD') })).toBe(SOURCE);
  });
});

describe('encryptCode', () => {
  it('makes the same payload of the same salt and nonce, and the cost that is asked for', async () => {
    const kdf = { m: 19_456, t: 2 };
    const [salt, nonce] = [new Uint8Array(16).fill(1), new Uint8Array(24).fill(2)];
    const payload = await sealCode({ code: SOURCE, masterPassword: PASSWORD, name: 'job-1', language: 'javascript', kdf }, salt, nonce);

    expect(payload).toEqual(KNOWN);
  });

  it('takes a source of half a megabyte', async () => {
    const code = 'é'.repeat(262_136);
    expect(await open(await encryptCode({ code, masterPassword: PASSWORD, name: 'large' }), PASSWORD)).toBe(code);
  });

  it.each([{ name: '' }, { name: 'a\nb' }, { kdf: { m: 19_455, t: 3 } }, { kdf: { m: 262_145, t: 3 } }, { kdf: { m: 65_536, t: 1 } }])(
    'refuses what the service would: %j',
    async (change) => {
      await expect(encryptCode({ code: SOURCE, masterPassword: PASSWORD, name: 'job-1', ...change })).rejects.toThrow(RangeError);
    },
  );

  (PYTHON ? it : it.skip)('is what the Python client of the documentation makes, too', async () => {
    const made = inPython('encrypt_code(sent["code"], sent["password"], "job-1")', { code: SOURCE, password: PASSWORD.normalize('NFD') });

    expect(await open(made as EncryptedCodePayload, PASSWORD)).toBe(SOURCE);
  });
});

/** Made by PyNaCl 1.5 (libsodium), not by this code. */
const KNOWN: EncryptedCodePayload = {
  v: 1,
  name: 'job-1',
  language: 'javascript',
  kdf: { alg: 'argon2id', v: 19, m: 19_456, t: 2, p: 1, salt: 'AQEBAQEBAQEBAQEBAQEBAQ==' },
  cipher: 'xchacha20poly1305-ietf',
  nonce: 'AgICAgICAgICAgICAgICAgICAgICAgIC',
  ct: '3gWAJiIWxVa6ocyQSQwSEyETxHewdiQhbkVbO+JuHU9a1IXbHQ==',
};

// Opens encrypted programs inside the sandbox, where alone it is done. JavaScript, so that Deno can load it as it stands.
// @ts-check

const folder = new URL('./', import.meta.url).pathname;
const KEY_BYTES = 32;

/**
 * Opens what its owner has encrypted: Argon2id makes the key, XChaCha20-Poly1305 opens; the name and each parameter are authenticated.
 *
 * @param {import('../../workbench/encrypted-code.js').EncryptedCode} encrypted
 * @param {string} password
 * @returns {Promise<string | null>} null: it is not what was sealed with this password.
 */
export async function openEncrypted(encrypted, password) {
  const { argon2id } = await import(`${folder}hash-wasm.js`);
  const { xchacha20poly1305 } = await import(`${folder}chacha.js`);
  const { kdf, nonce, cipher, language, name, ct } = encrypted;
  const key = await argon2id({
    password: password.normalize('NFC'),
    salt: bytesOf(kdf.salt),
    memorySize: kdf.m,
    iterations: kdf.t,
    parallelism: kdf.p,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  });
  const bound = ['zk1', kdf.alg, kdf.v, kdf.m, kdf.t, kdf.p, kdf.salt, cipher, language, name].join('\n');
  try {
    const source = xchacha20poly1305(key, bytesOf(nonce), new TextEncoder().encode(bound)).decrypt(bytesOf(ct));
    return new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(source);
  } catch {
    return null;
  }
}

/** @param {string} base64 */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

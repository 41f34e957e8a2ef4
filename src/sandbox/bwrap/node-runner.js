// What Node runs inside of the sandbox: it reads one job, opens it where it is encrypted, and runs it as `main.js`. JavaScript, so that the
// sandbox is handed the file as it stands; there, nothing of this package lies beside it but what `launch.ts` binds.
// @ts-check
import fs from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import vm from 'node:vm';

/** Digits of the frame's length, and the newline behind them: `job-frame.ts`. */
const LENGTH_BYTES = 11;
/** The limit of the process: what lies above was there before it. */
const OPEN_FILES = 64;

/**
 * Reads from standard input, and no byte more: what follows is the program's.
 * @param {number} sizeBytes
 */
function read(sizeBytes) {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes;) {
    const count = fs.readSync(0, bytes, at, sizeBytes - at, null);
    if (count === 0) throw new Error('the job was cut short');
    at += count;
  }
  return bytes;
}

/**
 * The key that a password makes, and what it opens.
 * @param {import('../../workbench/encrypted-code.js').EncryptedCode} code
 * @param {string} password
 * @returns {Promise<string | null>} null: the password, or what was encrypted, is another one.
 */
async function open({ name, language, kdf, cipher, nonce, ct }, password) {
  const { argon2id } = createRequire(import.meta.url)('./argon2.cjs');
  const { xchacha20poly1305 } = await import('@noble/ciphers/chacha.js');
  const associated = ['zk1', kdf.alg, kdf.v, kdf.m, kdf.t, kdf.p, kdf.salt, cipher, language, name].join('\n');
  const cost = { memorySize: kdf.m, iterations: kdf.t, parallelism: kdf.p, hashLength: 32, outputType: 'binary' };
  const key = await argon2id({ password: password.normalize('NFC'), salt: Buffer.from(kdf.salt, 'base64'), ...cost });
  try {
    const sealed = xchacha20poly1305(key, Buffer.from(nonce, 'base64'), Buffer.from(associated));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(sealed.decrypt(Buffer.from(ct, 'base64')));
  } catch {
    return null;
  }
}

/** Closes what the service itself was started with, as far as it is none of Node's own: those are pipes and nameless. */
function closeInherited() {
  for (const descriptor of fs
    .readdirSync('/proc/self/fd')
    .map(Number)
    .filter((number) => number > 2)) {
    try {
      const isOwn = descriptor < OPEN_FILES && /^(?:pipe|anon_inode):/.test(fs.readlinkSync(`/proc/self/fd/${descriptor}`));
      if (!isOwn) fs.closeSync(descriptor);
    } catch {
      // the folder's own is closed already
    }
  }
}

/** Reads the job. @returns {Promise<string>} the program. */
async function readJob() {
  closeInherited();
  const job = JSON.parse(read(Number(read(LENGTH_BYTES))).toString('utf8'));
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, job.environment);
  process.argv = [process.execPath, 'main.js'];
  const source = 'encrypted' in job ? await open(job.encrypted, job.password) : job.source;
  fs.writeSync(1, source === null ? 'DECRYPTION_FAILED\n' : 'RUN\n');
  return source ?? process.exit(1);
}

/** A module of Node's own: there are no others. @param {string} specifier */
async function builtin(specifier) {
  if (!isBuiltin(specifier)) throw new Error(`Cannot find module '${specifier}'`);
  const exported = await import(specifier);
  return new vm.SyntheticModule(
    Object.keys(exported),
    function () {
      for (const name of Object.keys(exported)) this.setExport(name, exported[name]);
    },
    { identifier: specifier },
  );
}

/** @param {string} specifier */
async function importDynamically(specifier) {
  const module = await builtin(specifier);
  await module.link(() => Promise.reject(new Error('it imports nothing')));
  await module.evaluate();
  return module;
}

/** What is written is handed over before anything else happens: a program may leave at once, or never pause. */
function writeAtOnce() {
  for (const stream of [process.stdout, process.stderr]) {
    const { _handle: handle } = /** @type {{ _handle?: { setBlocking?(isBlocking: boolean): void } }} */ (/** @type {unknown} */ (stream));
    handle?.setBlocking?.(true);
  }
}

/** An error that nobody catches is Node's to show, as one of main.js. @param {string} source */
async function run(source) {
  const main = new vm.SourceTextModule(source, {
    identifier: 'main.js',
    importModuleDynamically: importDynamically,
    initializeImportMeta: (meta) => void (meta.url = 'file:///main.js'),
  });
  await main.link(builtin);
  await main.evaluate();
}

const source = await readJob();
writeAtOnce();
await run(source);

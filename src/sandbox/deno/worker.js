// What runs inside Deno, without any permission but to read the folder that it lies in: it waits for one job on standard input, says when
// the program begins, and ends with it. JavaScript, so that Deno can load it as it stands.
// @ts-check

const { Deno } = /** @type {any} */ (globalThis);
const folder = new URL('./', import.meta.url).pathname;
const [work] = Deno.args;

/** @param {{ writeSync(bytes: Uint8Array): number }} stream @param {Uint8Array} bytes */
function write(stream, bytes) {
  for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
  return bytes.length;
}

/** @param {{ writeSync(bytes: Uint8Array): number }} stream @param {string} line */
const say = (stream, line) => write(stream, new TextEncoder().encode(`${line}\n`));

/** Reads so many bytes and not one more: what follows is the program's. @param {number} length */
function read(length) {
  const bytes = new Uint8Array(length);
  for (let taken = 0; taken < length;) {
    const count = Deno.stdin.readSync(bytes.subarray(taken));
    if (count === null) Deno.exit(0); // no job is coming any more
    taken += count;
  }
  return bytes;
}

/** @see jobFrame in ../job-frame.ts */
function readJob() {
  const length = Number(new TextDecoder().decode(read(11)));
  const job = JSON.parse(new TextDecoder().decode(read(length)));
  for (const wheel of job.wheels) wheel.bytes = read(wheel.sizeBytes);
  return job;
}

/** @param {object} options */
async function loadPython(options) {
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  return loadPyodide({ indexURL: folder, ...options });
}

/** The snapshot, where there is one: without it Python takes seconds to start. */
function snapshotOptions() {
  try {
    return { _loadSnapshot: Deno.readFileSync(`${folder}snapshot.bin`) };
  } catch {
    return {};
  }
}

/** @returns {Promise<string>} */
async function sourceOf(/** @type {any} */ job) {
  if (!job.encrypted) return job.source;
  const { openEncrypted } = await import(`${folder}open-encrypted.js`);
  const source = await openEncrypted(job.encrypted, job.password);
  if (source !== null) return source;
  say(Deno.stdout, 'DECRYPTION_FAILED');
  return Deno.exit(0);
}

// A snapshot has frozen what random numbers come next: they are seeded anew.
const PYTHON_SETUP = `
import os, random, sys
os.environ.clear()
os.environ.update(environment)
os.environ.setdefault('HOME', '/home/pyodide')
random.seed(os.urandom(32))
sys.argv = ['main.py']
os._exit = end_process
del environment, end_process
`;

// What a person sees of a traceback begins in their own file.
const PYTHON_MAIN = `
async def main(source):
    import sys, traceback
    from pyodide.code import eval_code_async
    try:
        await eval_code_async(source, {'__name__': '__main__'}, filename='main.py')
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename != 'main.py':
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames)
        return 1
    return 0
main
`;

/** Of this version of Python; it is on its path. @param {any} py */
const sitePackages = (py) => py.runPython('import site; site.getsitepackages()[0]');

async function python(/** @type {any} */ py, /** @type {any} */ job) {
  for (const { bytes } of job.wheels) py.unpackArchive(bytes, 'wheel', { extractDir: sitePackages(py) });
  const source = await sourceOf(job);
  py.setStdin({ read: (/** @type {Uint8Array} */ buffer) => Deno.stdin.readSync(buffer) ?? 0 });
  py.setStdout({ write: (/** @type {Uint8Array} */ bytes) => write(Deno.stdout, bytes) });
  py.setStderr({ write: (/** @type {Uint8Array} */ bytes) => write(Deno.stderr, bytes) });
  py.globals.set('environment', py.toPy(new Map(Object.entries(job.environment)))); // of an object it would take `constructor` for something else
  py.globals.set('end_process', (/** @type {number} */ exitCode) => Deno.exit(exitCode & 255));
  py.runPython(PYTHON_SETUP);
  const main = py.runPython(PYTHON_MAIN, { globals: py.toPy({}) });
  say(Deno.stdout, 'RUN');
  const exitCode = await main(source);
  py.runPython('import sys; sys.stdout.flush(); sys.stderr.flush()');
  Deno.exit(exitCode & 255);
}

async function javascript(/** @type {any} */ job) {
  const source = await sourceOf(job);
  const environment = { ...job.environment };
  Object.defineProperty(process, 'env', { value: environment });
  const { get, has, toObject } = {
    get: (/** @type {string} */ name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
    has: (/** @type {string} */ name) => Object.hasOwn(environment, name),
    toObject: () => ({ ...environment }),
  };
  Object.defineProperty(Deno, 'env', { value: { get, has, toObject } });
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  say(Deno.stdout, 'RUN');
  try {
    await import(address);
  } catch (error) {
    const lines = Deno.inspect(error)
      .split('\n')
      .filter((/** @type {string} */ line) => !line.includes(`file://${folder}`));
    say(Deno.stderr, lines.join('\n').replaceAll(address, 'main.js'));
    Deno.exit(1);
  }
}

if (work === 'snapshot') {
  const py = await loadPython({ _makeSnapshot: true });
  write(Deno.stdout, py.makeMemorySnapshot());
  Deno.exit(0);
}
const py = work === 'python' ? await loadPython(snapshotOptions()) : null;
// Deno needs neither to run a program: so much less to look for holes in.
delete Deno[Deno.internal];
delete Object.getPrototypeOf(navigator).gpu;
say(Deno.stdout, 'READY');
const job = readJob();
await (py ? python(py, job) : javascript(job));

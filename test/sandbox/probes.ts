import type { Language } from '../../src/workbench/sandbox.js';
import type { Canaries } from './harness.js';

/** What a probe that gets somewhere answers, where there is no canary to bring home. */
export const REACHED = 'reached it';

/**
 * Ways out of the sandbox, by name: each is the body of an async function, and answers what it reached. `FILE`, `FOLDER`, `VARIABLE`, `HTTP`,
 * `HTTP_PORT`, `TCP_PORT` and `UNIX` say where the canaries are.
 *
 * @see the published escapes: CVE-2025-68668 (eval_code), CVE-2026-5752 (constructor chains), CVE-2026-24002 (ctypes), CVE-2026-49406 (main traversal)
 */
const PYTHON_PROBES: Record<string, string> = {
  'a file': `return open(FILE).read()`,
  'a folder': `import os; return os.listdir(FOLDER)`,
  'a symbolic link to a file': `import os; os.symlink(FILE, '/tmp/link'); return open('/tmp/link').read()`,
  'a new file': `open(FOLDER + '/written', 'w').write('x'); return '${REACHED}'`,
  'its own /proc environment': `return open('/proc/self/environ').read()`,
  'the environment of process 1': `return open('/proc/1/environ').read()`,
  'os.environ': `import os; return os.environ.get(VARIABLE)`,
  'os.system': `import os; return '${REACHED}' if os.system('touch ' + FOLDER + '/by-system') == 0 else ''`,
  'os.popen': `import os; return os.popen('cat ' + FILE).read()`,
  subprocess: `import subprocess; return subprocess.run(['cat', FILE], capture_output=True).stdout`,
  'os.fork': `import os; os.fork(); return '${REACHED}'`,
  'os.posix_spawn': `import os; return os.posix_spawn('/usr/bin/touch', ['touch', FOLDER + '/written'], {})`,
  'system of the C library': `import ctypes; return '${REACHED}' if ctypes.CDLL(None).system(('touch ' + FOLDER + '/by-library').encode()) == 0 else ''`,
  'open of the C library': `
import ctypes
libc = ctypes.CDLL(None)
got = ctypes.create_string_buffer(200)
libc.read(libc.open(FILE.encode(), 0), got, 199)
return got.value`,
  'a script of emscripten': `
import ctypes
run = ctypes.CDLL(None).emscripten_run_script_string
run.restype = ctypes.c_char_p
return run(('Deno.readTextFileSync("' + FILE + '")').encode())`,
  'a class of os found by a walk': `
for found in object.__subclasses__():
    if found.__name__ == '_wrap_close':
        return found.__init__.__globals__['popen']('cat ' + FILE).read()`,
  'a TCP connection': `import socket; return socket.create_connection(('127.0.0.1', TCP_PORT), 1).recv(100)`,
  'a datagram': `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', TCP_PORT))`,
  'a unix socket': `
import socket
s = socket.socket(socket.AF_UNIX)
s.connect(UNIX)
return s.recv(100)`,
  urllib: `import urllib.request; return urllib.request.urlopen(HTTP, timeout=1).read()`,
  pyfetch: `from pyodide.http import pyfetch; return await (await pyfetch(HTTP)).string()`,
  open_url: `from pyodide.http import open_url; return open_url(HTTP).read()`,
  'fetch of JavaScript': `import js; return await (await js.fetch(HTTP)).text()`,
  'Deno of JavaScript': `import js; return js.Deno.readTextFileSync(FILE)`,
  'a command of Deno': `
import js
from pyodide.ffi import to_js
made = js.Deno.Command.new('/bin/cat', to_js({'args': [FILE]}, dict_converter=js.Object.fromEntries)).outputSync()
return bytes(made.stdout.to_py())`,
  'process of JavaScript': `import js; return js.process.getBuiltinModule('fs').readFileSync(FILE, 'utf8')`,
  run_js: `from pyodide.code import run_js; return (await run_js('import("node:fs")')).readFileSync(FILE, 'utf8')`,
  'a constructor chain': `
from pyodide.ffi import to_js
return to_js([]).constructor.constructor('file', 'return Deno.readTextFileSync(file)')(FILE)`,
  'eval_code of the base': `
import _pyodide._base as base
return base.eval_code('import js\\njs.Deno.readTextFileSync("' + FILE + '")', {})`,
  'modules that were taken away': `
import sys
for name in ('js', 'pyodide_js'): sys.modules.pop(name, None)
import js
return js.Deno.readTextFileSync(FILE)`,
  'the file system of Node': `import pyodide_js; pyodide_js.mountNodeFS('/mnt/host', FOLDER); return open('/mnt/host/file.txt').read()`,
  'NODEFS of the module': `
import pyodide_js, os
from pyodide.ffi import to_js
import js
FS = pyodide_js._module.FS
os.makedirs('/host', exist_ok=True)
FS.mount(FS.filesystems.NODEFS, to_js({'root': FOLDER}, dict_converter=js.Object.fromEntries), '/host')
return open('/host/file.txt').read()`,
  'a binary file of the loader': `import pyodide_js; return bytes((await pyodide_js._api.loadBinaryFile(FILE)).to_py())`,
  'a package from the network': `import pyodide_js; return (await pyodide_js.loadPackage(HTTP + 'a-1.0-py3-none-any.whl'), '')[1]`,
  'a worker thread': `
from pyodide.code import run_js
return await run_js('''async (file) => {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(require("node:fs").readFileSync(' + JSON.stringify(file) + ', "utf8"))', { eval: true });
  return await new Promise((resolve, reject) => { worker.on('message', resolve); worker.on('error', reject); });
}''')(FILE)`,
  'a signal to the service': `import js; js.Deno.kill(js.Deno.ppid, 'SIGCONT'); return '${REACHED}'`,
};

const JAVASCRIPT_PROBES: Record<string, string> = {
  'a file of node:fs': `return (await import('node:fs')).readFileSync(FILE, 'utf8')`,
  'a file of node:fs/promises': `return (await import('node:fs/promises')).readFile(FILE, 'utf8')`,
  'a file as a blob': `return (await (await import('node:fs')).openAsBlob(FILE)).text()`,
  'a file of Deno': `return Deno.readTextFile(FILE)`,
  'an open file': `const file = await Deno.open(FILE); return new Response(file.readable).text()`,
  'a file through /proc/self/root': `return Deno.readTextFileSync('/proc/self/root' + FILE)`,
  'a file beside the own folder': `return Deno.readTextFileSync(new URL('.', Deno.mainModule).pathname + '../..' + FILE)`,
  'a built-in module': `return process.getBuiltinModule('node:fs').readFileSync(FILE, 'utf8')`,
  'a binding': `process.binding('fs').open(FILE, 0, 0o666); return '${REACHED}'`,
  'a folder': `return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).includes('file.txt') ? '${REACHED}' : ''`,
  'what a file is': `Deno.statSync(FILE); return '${REACHED}'`,
  'where a file is': `Deno.realPathSync(FILE); return '${REACHED}'`,
  'a watched folder': `Deno.watchFs(FOLDER); return '${REACHED}'`,
  'a new file of Deno': `Deno.writeTextFileSync(FOLDER + '/by-deno', 'x'); return '${REACHED}'`,
  'a new file of node:fs': `(await import('node:fs')).writeFileSync(FOLDER + '/by-node', 'x'); return '${REACHED}'`,
  'a new file in the own folder': `Deno.writeTextFileSync(new URL('written', Deno.mainModule), 'x'); return '${REACHED}'`,
  'a temporary file': `Deno.makeTempFileSync({ dir: FOLDER }); return '${REACHED}'`,
  'a link to a file': `Deno.symlinkSync(FILE, FOLDER + '/link'); return '${REACHED}'`,
  'a heap snapshot': `(await import('node:v8')).writeHeapSnapshot(FOLDER + '/heap'); return '${REACHED}'`,
  'a report': `process.report.writeReport(FOLDER + '/report'); Deno.statSync(FOLDER + '/report'); return '${REACHED}'`,
  'import of a file as text': `return (await import('file://' + FILE, { with: { type: 'text' } })).default`,
  'import of a file as JSON': `return (await import('file://' + FOLDER + '/file.json', { with: { type: 'json' } })).default`,
  'import of a file as code': `return (await import('file://' + FOLDER + '/file.mjs')).default`,
  'fetch of a file': `return (await fetch('file://' + FILE)).text()`,
  'require of a file': `return (await import('node:module')).createRequire('file:///main.js')(FOLDER + '/file.json')`,
  'require of a built-in module': `return (await import('node:module')).createRequire('file:///main.js')('node:fs').readFileSync(FILE, 'utf8')`,
  'the main field of a package': `return (await import('node:module')).createRequire('file:///main.js')(FOLDER)`,
  'a worker with a file': `return answerOf(new Worker('file://' + FOLDER + '/worker.mjs', { type: 'module' }))`,
  'a worker that reads': `return answerOf(new Worker('data:text/javascript,' + encodeURIComponent('postMessage(Deno.readTextFileSync(' + JSON.stringify(FILE) + '))'), { type: 'module' }))`,
  'a worker with permissions': `
    const deno = { permissions: { read: true } };
    return answerOf(new Worker('data:text/javascript,' + encodeURIComponent('postMessage(Deno.readTextFileSync(' + JSON.stringify(FILE) + '))'), { type: 'module', deno }))`,
  'a worker thread': `
    const { Worker } = await import('node:worker_threads');
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(require("node:fs").readFileSync(' + JSON.stringify(FILE) + ', "utf8"))', { eval: true });
    return new Promise((resolve, reject) => { worker.on('message', resolve); worker.on('error', reject) })`,
  'a worker thread with an environment': `
    const { Worker, SHARE_ENV } = await import('node:worker_threads');
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(process.env[' + JSON.stringify(VARIABLE) + '])', { eval: true, env: SHARE_ENV });
    return new Promise((resolve, reject) => { worker.on('message', resolve); worker.on('error', reject) })`,
  'another context': `return (await import('node:vm')).runInThisContext('Deno.readTextFileSync(' + JSON.stringify(FILE) + ')')`,
  wasi: `const { WASI } = await import('node:wasi'); new WASI({ version: 'preview1', preopens: { '/': '/' } }); return '${REACHED}'`,
  'a database in a file': `new (await import('node:sqlite')).DatabaseSync(FOLDER + '/database').exec('CREATE TABLE t (c)'); return '${REACHED}'`,
  'a database attached': `new (await import('node:sqlite')).DatabaseSync(':memory:').exec("ATTACH '" + FOLDER + "/attached' AS w; CREATE TABLE w.t (c)"); return '${REACHED}'`,
  'an extension of a database': `new (await import('node:sqlite')).DatabaseSync(':memory:', { allowExtension: true }).loadExtension('/usr/lib/x'); return '${REACHED}'`,
  'an environment file': `process.loadEnvFile(FILE); return '${REACHED}'`,
  'a variable of the process': `return process.env[VARIABLE]`,
  'a variable of Deno': `return Deno.env.get(VARIABLE)`,
  'a variable of the module': `return (await import('node:process')).env[VARIABLE]`,
  'its own /proc environment': `return Deno.readTextFileSync('/proc/self/environ')`,
  "the service's /proc environment": `return Deno.readTextFileSync('/proc/' + Deno.ppid + '/environ')`,
  'its own memory': `Deno.openSync('/proc/self/mem'); return '${REACHED}'`,
  'a command of Deno': `return new TextDecoder().decode(new Deno.Command('/bin/cat', { args: [FILE] }).outputSync().stdout)`,
  'a command of node:child_process': `return (await import('node:child_process')).execFileSync('/bin/cat', [FILE]).toString()`,
  'a shell': `return (await import('node:child_process')).execSync('/bin/cat ' + FILE).toString()`,
  'a fork': `const child = (await import('node:child_process')).fork(FOLDER + '/file.mjs'); return new Promise((resolve, reject) => child.on('message', resolve).on('error', reject))`,
  'a cluster': `const cluster = (await import('node:cluster')).default; cluster.setupPrimary({ exec: FOLDER + '/file.mjs' }); const child = cluster.fork(); return new Promise((resolve, reject) => child.on('message', resolve).on('error', reject))`,
  'a signal of Deno': `Deno.kill(Deno.ppid, 'SIGCONT'); return '${REACHED}'`,
  'a signal of node:process': `process.kill(process.ppid, 'SIGCONT'); return '${REACHED}'`,
  'a library': `Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } }); return '${REACHED}'`,
  'a native module': `process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6'); return '${REACHED}'`,
  'a pointer': `return new Deno.UnsafePointerView(Deno.UnsafePointer.create(4096n)) && '${REACHED}'`,
  'the inside of Deno': `return Deno[Deno.internal]?.core || globalThis.__bootstrap ? '${REACHED}' : ''`,
  'the graphics processor': `return navigator.gpu ? '${REACHED}' : ''`,
  'an inspector': `(await import('node:inspector')).open(0, '127.0.0.1'); return '${REACHED}'`,
  'a permission asked for': `return (await Deno.permissions.request({ name: 'read' })).state === 'granted' ? '${REACHED}' : ''`,
  'the name of the host': `Deno.hostname(); return '${REACHED}'`,
  'the network interfaces': `Deno.networkInterfaces(); return '${REACHED}'`,
  fetch: `return (await fetch(HTTP)).text()`,
  'fetch of another spelling': `return (await fetch('http://2130706433:' + HTTP_PORT)).text()`,
  'an event source': `await new Promise((resolve, reject) => Object.assign(new EventSource(HTTP), { onopen: resolve, onerror: reject })); return ''`,
  'a WebSocket': `new WebSocket('ws://127.0.0.1:' + HTTP_PORT); return ''`,
  'a connection of Deno': `return new Response((await Deno.connect({ hostname: '127.0.0.1', port: TCP_PORT })).readable).text()`,
  'a unix socket of Deno': `return new Response((await Deno.connect({ transport: 'unix', path: UNIX })).readable).text()`,
  'a connection of node:net': `return heard((await import('node:net')).connect(TCP_PORT, '127.0.0.1'))`,
  'a unix socket of node:net': `return heard((await import('node:net')).connect(UNIX))`,
  'a request of node:http': `const http = await import('node:http'); return heard(await new Promise((resolve, reject) => http.get(HTTP, resolve).on('error', reject)))`,
  'a session of node:http2': `await new Promise(async (resolve, reject) => (await import('node:http2')).connect(HTTP).on('connect', resolve).on('error', reject)); return '${REACHED}'`,
  'a connection of node:tls': `await heard((await import('node:tls')).connect(TCP_PORT, '127.0.0.1'))`,
  'a datagram': `
    const socket = (await import('node:dgram')).createSocket('udp4');
    await new Promise((resolve, reject) => { socket.on('error', reject); socket.send('x', TCP_PORT, '127.0.0.1', (error) => (error ? reject(error) : resolve())) });
    return '${REACHED}'`,
  'a listener of Deno': `Deno.listen({ hostname: '127.0.0.1', port: 0 }); return '${REACHED}'`,
  'a server of Deno': `Deno.serve({ hostname: '127.0.0.1', port: 0 }, () => new Response('x')); return '${REACHED}'`,
  'a listener of node:net': `
    const server = (await import('node:net')).createServer();
    await new Promise((resolve, reject) => { server.on('error', reject); server.listen(0, '127.0.0.1', resolve) });
    return '${REACHED}'`,
  'a unix listener': `Deno.listen({ transport: 'unix', path: FOLDER + '/listener' }); return '${REACHED}'`,
  'a name': `await Deno.resolveDns('localhost', 'A'); return '${REACHED}'`,
  'a name of node:dns': `await (await import('node:dns/promises')).lookup('localhost'); return '${REACHED}'`,
  'import over HTTP': `return (await import(HTTP + 'module.mjs')).default`,
  'a worker over HTTP': `return answerOf(new Worker(HTTP + 'module.mjs', { type: 'module' }))`,
  'import from npm': `await import('npm:hash-wasm'); return '${REACHED}'`,
  'import from JSR': `await import('jsr:@std/path'); return '${REACHED}'`,
  'local storage': `localStorage.setItem('kept', 'x'); return '${REACHED}'`,
  caches: `await caches.open('kept'); return '${REACHED}'`,
  'a key-value store': `await Deno.openKv(FOLDER + '/kv'); return '${REACHED}'`,
};

export const PROBES: Record<Language, Record<string, string>> = { python: PYTHON_PROBES, javascript: JAVASCRIPT_PROBES };

/** A program that tries such ways, and says of each what came of it: lines of JSON, name and answer. */
export function probeProgram(language: Language, probes: [name: string, body: string][], canaries: Canaries): string {
  const { file, folder, variable, httpUrl, tcpPort, unixSocket } = canaries;
  const places = { FILE: file.path, FOLDER: folder, VARIABLE: variable.name, HTTP: httpUrl, HTTP_PORT: Number(new URL(httpUrl).port) };
  const names = Object.entries({ ...places, TCP_PORT: tcpPort, UNIX: unixSocket });
  return language === 'python' ? pythonProgram(names, probes) : javascriptProgram(names, probes);
}

function pythonProgram(places: [string, unknown][], probes: [string, string][]): string {
  const functions = probes.map(([, body], i) => `async def probe${i}():\n    ${body.trim().replaceAll('\n', '\n    ')}\n`);
  return `import asyncio, json, warnings
warnings.simplefilter('ignore')
${places.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join('\n')}
${functions.join('')}
for name, probe in zip(${JSON.stringify(probes.map(([name]) => name))}, [${probes.map((_, i) => `probe${i}`).join(', ')}]):
    try: answer = str(await asyncio.wait_for(probe(), 3))
    except BaseException as error: answer = 'refused: ' + type(error).__name__ + ': ' + str(error)[:300]
    print(json.dumps([name, answer[:5000]]), flush=True)
`;
}

function javascriptProgram(places: [string, unknown][], probes: [string, string][]): string {
  const functions = probes.map(([name, body]) => `[${JSON.stringify(name)}, async () => { ${body} }],`);
  return `${places.map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`).join('\n')}
const answerOf = (worker) => new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)) };
});
const heard = (stream) => new Promise((resolve, reject) => { stream.on('error', reject); stream.on('data', (bytes) => resolve(String(bytes))) });
for (const event of ['error', 'unhandledrejection']) addEventListener(event, (happened) => happened.preventDefault());
for (const [name, probe] of [
${functions.join('\n')}
]) {
  let answer;
  const late = new Promise((resolve) => setTimeout(resolve, 1000, 'no answer'));
  try { answer = String(await Promise.race([probe(), late])) } catch (error) { answer = 'refused: ' + String(error).slice(0, 300) }
  console.log(JSON.stringify([name, answer.slice(0, 5000)]));
}
process.exit(0);
`;
}

import type { Language } from '../workbench/sandbox.js';
import type { Canaries } from './canaries.js';

/** Programs of the self-test, in each language. */
type Programs = Record<Language, string>;

/** Prints its variable, what it reads, and a number. */
export const NORMAL: Programs = {
  python: `import os\nprint(os.environ['GIVEN'], input(), 6 * 7)`,
  javascript: `import { readFileSync } from 'node:fs';\nconsole.log(process.env.GIVEN, readFileSync(0, 'utf8').trim(), 6 * 7);`,
};

export const OUTPUT_FLOOD: Programs = {
  python: `for _ in range(4096): print('x' * 4095)`,
  javascript: `for (let i = 0; i < 4096; i++) console.log('x'.repeat(4095));`,
};

export const CPU_LOOP: Programs = { python: `while True: pass`, javascript: `for (;;);` };

/** Takes 768 MiB, which is more than any program may have. */
export const MEMORY_BOMB: Programs = {
  python: `taken = [bytearray(b'x') * (1 << 26) for _ in range(12)]\nprint('took it all')`,
  javascript: `const taken = Array.from({ length: 12 }, () => new Uint8Array(1 << 26).fill(1));\nconsole.log('took it all');`,
};

/** A program that tries to reach each canary by several ways, and prints whatever it got. */
export function wallProbes(language: Language, { filePath, variableName, port }: Canaries): string {
  const [file, variable] = [JSON.stringify(filePath), JSON.stringify(variableName)];
  return language === 'python' ? pythonProbes(file, variable, port) : javascriptProbes(file, variable, port);
}

/** In Pyodide the ways lead through JavaScript too: there is no wall between the two. */
function pythonProbes(file: string, variable: string, port: number): string {
  return `
import os, socket, subprocess
def script(source):
    import ctypes
    return ctypes.CDLL(None).emscripten_run_script(source.encode())
ways = [
    lambda: open(${file}).read(),
    lambda: os.popen('cat ' + ${file} + '; env').read(),
    lambda: subprocess.run(['/bin/cat', ${file}], capture_output=True).stdout,
    lambda: os.environ.get(${variable}),
    lambda: open('/proc/%d/environ' % os.getppid()).read(),
    lambda: open('/proc/1/environ').read(),
    lambda: socket.create_connection(('127.0.0.1', ${port}), 1),
    lambda: __import__('js').Deno.readTextFileSync(${file}),
    lambda: __import__('js').Deno.env.get(${variable}),
    lambda: __import__('js').process.env[${variable}],
    lambda: __import__('pyodide.code').code.run_js('process.getBuiltinModule("fs").readFileSync(' + repr(${file}) + ', "utf8")'),
    lambda: __import__('pyodide.ffi').ffi.run_sync(__import__('js').fetch('http://127.0.0.1:${port}/')),
    lambda: script('fetch("http://127.0.0.1:${port}/")'),
]
for way in ways:
    try: print(way())
    except BaseException as error: print(type(error).__name__)
print('tried all')
`;
}

function javascriptProbes(file: string, variable: string, port: number): string {
  return `
const fs = await import('node:fs'), net = await import('node:net'), { execSync } = await import('node:child_process');
const connect = (to) => new Promise((resolve, reject) => net.connect(to).once('connect', () => resolve('connected')).once('error', reject));
const ways = [
  () => fs.readFileSync(${file}, 'utf8'),
  () => Deno.readTextFileSync(${file}),
  () => execSync('cat ' + ${file} + '; env').toString(),
  () => process.env[${variable}],
  () => Deno.env.get(${variable}),
  () => fs.readFileSync('/proc/' + process.ppid + '/environ', 'utf8'),
  () => fs.readFileSync('/proc/1/environ', 'utf8'),
  () => fetch('http://127.0.0.1:${port}/').then((answer) => answer.text()),
  () => connect({ host: '127.0.0.1', port: ${port} }),
  () => Deno.connect({ hostname: '127.0.0.1', port: ${port} }),
];
for (const way of ways) {
  const late = new Promise((resolve) => setTimeout(resolve, 500, 'no answer'));
  try { console.log(await Promise.race([way(), late])); } catch (error) { console.log(String(error)); }
}
console.log('tried all');
process.exit(0);
`;
}

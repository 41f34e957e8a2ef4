import crypto from 'node:crypto';
import { done } from '../../src/core/outcome.js';
import type { CodeModel } from '../../src/workbench/code-model.js';
import type { PackageIndex } from '../../src/workbench/packages.js';
import type { Sandbox } from '../../src/workbench/sandbox.js';

// For tests of everything around them: what runs, resolves and writes programs has tests of its own, with nothing fake.

/** Runs nothing, and prints the source. Encrypted programs open with the password `open sesame` alone. */
export const fakeSandbox: Sandbox = {
  health: () => ({ provider: 'deno', state: 'ready', reason: null }),
  test: async () => ({ provider: 'deno', state: 'ready', reason: null }),
  async run(prepare, signal, onOutput) {
    const job = await prepare();
    if (!job.ok) return job;
    const { program } = job.value;
    signal.throwIfAborted();
    const result = { exitCode: 0, durationMs: 1, truncated: [] };
    if ('password' in program && program.password !== 'open sesame') {
      return done({ ...result, status: 'decryption_failed', exitCode: null });
    }
    onOutput('stdout', 'source' in program ? program.source : 'opened');
    return done({ ...result, status: 'ok' });
  },
  close: async () => {},
};

/** Has every package whose name does not begin with `no-`, in the version 1.0; what begins with `large-` has 60 MiB. */
export const fakePackageIndex: PackageIndex = {
  async lock(name, version) {
    if (name.startsWith('no-')) return { ok: false, fault: 'package_not_found' };
    const filename = `${name}-${version ?? '1.0'}-py3-none-any.whl`;
    const sizeBytes = name.startsWith('large-') ? 60 * 1024 * 1024 : 1000;
    const sha256 = crypto.createHash('sha256').update(filename).digest('hex');
    return { ok: true, value: { name, version: version ?? '1.0', filename, url: `http://index.test/${filename}`, sha256, sizeBytes } };
  },
  fetch: async ({ filename }) => Buffer.from(filename),
};

/** Writes a program that prints the prompt. */
export const fakeCodeModel: CodeModel = {
  async generate({ prompt }, signal, onCode) {
    signal.throwIfAborted();
    const code = `print(${JSON.stringify(prompt)})`;
    onCode(code);
    return { ok: true, value: { code, explanation: 'It prints the prompt.' } };
  },
};

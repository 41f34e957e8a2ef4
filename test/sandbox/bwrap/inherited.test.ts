import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { PYTHON_RUNNER } from '../../../src/sandbox/bwrap/python-runner.js';
import { jobFrame } from '../../../src/sandbox/job-frame.js';
import type { Language } from '../../../src/workbench/sandbox.js';
import { jobOf } from '../harness.js';
import { describeBwrap } from './here.js';

const COMMANDS: Record<Language, [string, string[]]> = {
  python: ['/usr/bin/python3', ['-I', '-c', PYTHON_RUNNER]],
  javascript: [process.execPath, ['--experimental-vm-modules', path.resolve('src/sandbox/bwrap/node-runner.js')]],
};
const SEEN: Record<Language, string> = {
  python:
    'import os\nprint([os.readlink("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd") if os.path.islink("/proc/self/fd/" + fd)])',
  javascript: `
import fs from 'node:fs';
const read = (fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return 'gone' } };
console.log(fs.readdirSync('/proc/self/fd').map(read));`,
};

/** Runs a program as bubblewrap would, by a service that was itself started with an open file under those descriptors. */
async function seenBy(language: Language, descriptors: number[]): Promise<string> {
  const file = fs.openSync('package.json', 'r');
  const rest = Array.from({ length: Math.max(3, ...descriptors) - 2 }, (_, at) =>
    descriptors.includes(at + 3) ? file : ('ignore' as const),
  );
  const [command, args] = COMMANDS[language];
  const child = spawn(command, args, { env: {}, stdio: ['pipe', 'pipe', 'inherit', ...rest] });
  let written = '';
  child.stdout?.on('data', (chunk: Buffer) => (written += chunk.toString()));
  child.stdin?.end(jobFrame(jobOf(language, SEEN[language])));
  await once(child, 'close');
  fs.closeSync(file);
  return written;
}

describeBwrap('a program is handed no open file of the service', () => {
  it.each<Language>(['python', 'javascript'])('in %s, under whichever descriptor', async (language) => {
    const seen = await seenBy(language, [3, 20, 70]);
    expect(seen).toMatch(/^RUN\n\[/);
    expect(seen).not.toContain('package.json');
  });
});

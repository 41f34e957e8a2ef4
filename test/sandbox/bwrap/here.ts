import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import { missingForBwrap } from '../../../src/sandbox/bwrap/launch.js';

/** `describe` where this machine has all that the programs behind bubblewrap need; elsewhere the reason is said, and only CI insists. */
export const describeBwrap = skippedFor(missingForBwrap() ?? namespacesMissing());
/** The same, where the system's Python can open encrypted code too. */
export const describeBwrapOpening = skippedFor(missingForBwrap() ?? namespacesMissing() ?? pyNaClMissing());

function namespacesMissing(): string | null {
  const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const tried = spawnSync(
    '/usr/bin/bwrap',
    ['--unshare-all', '--unshare-user', '--disable-userns', '--ro-bind', '/', '/', '/bin/true'],
    identity,
  );
  return tried.status === 0 ? null : tried.stderr.toString().trim();
}

function pyNaClMissing(): string | null {
  return spawnSync('/usr/bin/python3', ['-c', 'import nacl.bindings']).status === 0 ? null : 'python3-nacl is not installed';
}

function skippedFor(reason: string | null): typeof describe | typeof describe.skip {
  if (reason === null || process.env['CI'] === 'true') return describe;
  console.warn(`tests of bubblewrap are skipped: ${reason}`);
  return describe.skip;
}

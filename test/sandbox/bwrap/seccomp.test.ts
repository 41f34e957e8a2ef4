import fs from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { seccompFilter } from '../../../src/sandbox/bwrap/seccomp.js';
import { JUDGED_CALLS, REFUSED_CALLS } from '../../../src/sandbox/bwrap/system-calls.js';

const ALLOWED = 'allowed';
const ARCHITECTURE_IDS = { x64: 0xc000003e, arm64: 0xc00000b7 };
const HEADERS = { x64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h', arm64: '/usr/include/asm-generic/unistd.h' };
const COLUMNS = { x64: 0, arm64: 1 } as const;
const ALL_CALLS = { ...REFUSED_CALLS, ...JUDGED_CALLS };

/** What the kernel would answer: an interpreter of the few instructions that there are. @see Linux, net/core/filter.c */
function answer(architecture: 'x64' | 'arm64', number: number, args: bigint[] = [], id = ARCHITECTURE_IDS[architecture]): string {
  const seen = Buffer.alloc(64);
  seen.writeUInt32LE(number, 0);
  seen.writeUInt32LE(id, 4);
  args.forEach((arg, index) => seen.writeBigUInt64LE(arg, 16 + 8 * index));
  const filter = seccompFilter(architecture) ?? Buffer.alloc(0);
  let loaded = 0;
  for (let at = 0; ; at += 8) {
    const [code, operand] = [filter.readUInt16LE(at), filter.readUInt32LE(at + 4)];
    if (code === 0x20) loaded = seen.readUInt32LE(operand);
    else if (code === 0x06) return said(operand);
    else at += 8 * filter.readUInt8(at + (holds(code, loaded, operand) ? 2 : 3));
  }
}

function holds(code: number, loaded: number, operand: number): boolean {
  if (code === 0x15) return loaded === operand;
  if (code === 0x25) return loaded > operand;
  if (code === 0x35) return loaded >= operand;
  if (code === 0x45) return (loaded & operand) !== 0;
  throw new Error(`no such instruction: ${code}`);
}

function said(verdict: number): string {
  if (verdict === 0x80000000) return 'killed';
  if (verdict === 0x7fff0000) return ALLOWED;
  return verdict === 0x00050001 ? 'EPERM' : verdict === 0x00050026 ? 'ENOSYS' : `unknown ${verdict}`;
}

describe.each(['x64', 'arm64'] as const)('the filter on system calls of %s', (architecture) => {
  const number = (name: keyof typeof JUDGED_CALLS) => JUDGED_CALLS[name][COLUMNS[architecture]];

  it('refuses every call of the list', () => {
    const numbers = Object.values(REFUSED_CALLS).flatMap((call) => call[COLUMNS[architecture]] ?? []);
    expect(new Set(numbers.map((refused) => answer(architecture, refused)))).toEqual(new Set(['EPERM']));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('kills whoever speaks for another architecture', () => {
    expect(answer(architecture, 1, [], 0x40000003)).toBe('killed'); // i386, by `int 0x80`
    expect(answer(architecture, 0x40000001)).toBe('killed'); // x32
    expect(answer(architecture, 0xffffffff)).toBe('killed');
  });

  it('lets threads be made, and no process', () => {
    expect(answer(architecture, number('clone'), [0x3d0f00n])).toBe(ALLOWED); // as glibc makes a thread
    expect(answer(architecture, number('clone'), [0x1200011n])).toBe('EPERM'); // as glibc forks
    expect(answer(architecture, number('clone'), [0x100000000n * 0x10000n])).toBe('EPERM'); // the kernel does not look up there either
    expect(answer(architecture, number('clone3'))).toBe('ENOSYS'); // so that glibc makes its threads by clone
  });

  it('knows Unix sockets only', () => {
    for (const call of ['socket', 'socketpair'] as const) {
      expect(answer(architecture, number(call), [1n])).toBe(ALLOWED);
      for (const family of [0n, 2n, 10n, 16n, 17n, 40n, 0x100000002n]) expect(answer(architecture, number(call), [family])).toBe('EPERM');
    }
  });

  it('types into no terminal, whatever stands in the upper half of the request', () => {
    for (const request of [0x5412n, 0x541cn, 0x100005412n]) expect(answer(architecture, number('ioctl'), [0n, request])).toBe('EPERM');
    expect(answer(architecture, number('ioctl'), [0n, 0x5401n])).toBe(ALLOWED);
  });

  it('does not know calls that are newer than itself', () => {
    expect([answer(architecture, 462), answer(architecture, 463)]).toEqual([ALLOWED, 'ENOSYS']);
  });

  const there = fs.existsSync(HEADERS[architecture]);
  if (!there) console.warn(`the numbers of ${architecture} are not compared: ${HEADERS[architecture]} is not there`);
  (there ? it : it.skip)('numbers the calls as the headers of the kernel do', () => {
    const text = fs.readFileSync(HEADERS[architecture], 'utf8');
    const known = new Map([...text.matchAll(/^#define __NR_(\w+)\s+(\d+)$/gm)].map(([, name, at]) => [name, Number(at)]));
    const newest = Math.max(...known.values());
    for (const [name, call] of Object.entries(ALL_CALLS)) {
      const own = call[COLUMNS[architecture]];
      if (own === null || own <= newest) expect([name, known.get(name) ?? null]).toEqual([name, own]);
    }
  });
});

it('there is no filter for an architecture whose numbers are not known', () => {
  expect([seccompFilter('riscv64'), seccompFilter('ia32')]).toEqual([null, null]);
});

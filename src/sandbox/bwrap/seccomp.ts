import { JUDGED_CALLS, NEWEST_KNOWN_CALL, REFUSED_CALLS } from './system-calls.js';

/** One instruction of classic BPF: `struct sock_filter`. */
type Instruction = readonly [code: number, jumpIfTrue: number, jumpIfFalse: number, operand: number];

const INSTRUCTION_BYTES = 8;

// Operations, and what a filter answers. @see linux/bpf_common.h, linux/seccomp.h
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_GREATER = 0x25;
const JUMP_IF_NOT_LESS = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const FAIL_WITH = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;

// Where the words lie in `struct seccomp_data`. The kernel, too, reads the lower half only of what is judged here.
const CALL_NUMBER = 0;
const CALL_ARCHITECTURE = 4;
const lowerHalfOfArgument = (index: number) => 16 + 8 * index;

/** x32 shares the architecture of x86-64; this bit of the number tells it. */
const X32_BIT = 0x40000000;
const CLONE_THREAD = 0x00010000;
const AF_UNIX = 1;
/** They put characters into the input of whoever else uses the terminal. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

/** Which column of the tables is an architecture's, and how the kernel calls it (linux/audit.h). */
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, { column: 0 | 1; kernelId: number }>> = {
  x64: { column: 0, kernelId: 0xc000003e },
  arm64: { column: 1, kernelId: 0xc00000b7 },
};

/**
 * The filter that every system call of a program passes, as `bwrap --seccomp` reads it. It kills on a foreign architecture, whose numbers mean
 * something else; refuses with EPERM what `system-calls.ts` lists, new processes (threads may be made), every socket that is not a Unix
 * socket, and typing into a terminal; and knows nothing of clone3, whose flags no filter can read, nor of what is newer than the list.
 *
 * @returns null where the architecture is not one of those whose numbers are known.
 * @see Linux, Documentation/userspace-api/seccomp_filter.rst
 */
export function seccompFilter(architecture: NodeJS.Architecture): Buffer | null {
  const known = ARCHITECTURES[architecture];
  if (!known) return null;
  const numberOf = <N>(call: readonly [x64: N, arm64: N]): N => call[known.column];
  const refused = Object.values(REFUSED_CALLS).flatMap((call) => numberOf(call) ?? []);
  return assemble([
    [LOAD_WORD, 0, 0, CALL_ARCHITECTURE],
    ...unless(JUMP_IF_EQUAL, known.kernelId, KILL_PROCESS),
    [LOAD_WORD, 0, 0, CALL_NUMBER],
    ...when(JUMP_IF_NOT_LESS, X32_BIT, KILL_PROCESS),
    ...when(JUMP_IF_GREATER, NEWEST_KNOWN_CALL, FAIL_WITH | ENOSYS),
    ...when(JUMP_IF_EQUAL, numberOf(JUDGED_CALLS.clone3), FAIL_WITH | ENOSYS),
    ...refused.flatMap((number) => when(JUMP_IF_EQUAL, number, FAIL_WITH | EPERM)),
    ...judged(numberOf(JUDGED_CALLS.clone), 0, unless(JUMP_IF_ANY_BIT, CLONE_THREAD, FAIL_WITH | EPERM)),
    ...judged(numberOf(JUDGED_CALLS.socket), 0, unless(JUMP_IF_EQUAL, AF_UNIX, FAIL_WITH | EPERM)),
    ...judged(numberOf(JUDGED_CALLS.socketpair), 0, unless(JUMP_IF_EQUAL, AF_UNIX, FAIL_WITH | EPERM)),
    ...judged(numberOf(JUDGED_CALLS.ioctl), 1, [
      ...when(JUMP_IF_EQUAL, TIOCSTI, FAIL_WITH | EPERM),
      ...when(JUMP_IF_EQUAL, TIOCLINUX, FAIL_WITH | EPERM),
    ]),
    [RETURN, 0, 0, ALLOW],
  ]);
}

/** Answers so where the loaded word compares so. */
function when(comparison: number, operand: number, answer: number): Instruction[] {
  return [
    [comparison, 0, 1, operand],
    [RETURN, 0, 0, answer],
  ];
}

/** Answers so where the loaded word does not compare so. */
function unless(comparison: number, operand: number, answer: number): Instruction[] {
  return [
    [comparison, 1, 0, operand],
    [RETURN, 0, 0, answer],
  ];
}

/** Judges one system call by one of its arguments; what is not refused is allowed. */
function judged(number: number, argument: number, verdict: Instruction[]): Instruction[] {
  const body: Instruction[] = [[LOAD_WORD, 0, 0, lowerHalfOfArgument(argument)], ...verdict, [RETURN, 0, 0, ALLOW]];
  return [[JUMP_IF_EQUAL, 0, body.length, number], ...body];
}

function assemble(instructions: Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  instructions.forEach(([code, jumpIfTrue, jumpIfFalse, operand], index) => {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(jumpIfTrue, at + 2);
    bytes.writeUInt8(jumpIfFalse, at + 3);
    bytes.writeUInt32LE(operand >>> 0, at + 4);
  });
  return bytes;
}

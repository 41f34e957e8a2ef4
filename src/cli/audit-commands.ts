import { sealAuditTrail, type ChainHead, type SealedRow } from '../core/audit-chain.js';
import type { Ports } from '../core/ports.js';
import { verificationOf, verifyAuditTrail, type ChainFault, type Verification } from '../core/verify-audit-trail.js';

const EXPORT_PAGE_SIZE = 1000;

/** Compares the trail with its seals, a step at a time. */
export interface VerifyCommand {
  name: 'audit verify';
  kept?: ChainHead | null;
  /** Where the step before has come to; absent: this is the first one. */
  verification?: Verification;
}

/** Writes the sealed rows as JSON lines, a page at a time. */
export interface ExportCommand {
  name: 'audit export';
  /** A position in the chain of seals. */
  after: number;
  /** The last position, as of the first page: who exports does not run after new rows. */
  until?: number;
}

/** A part of what a command says; `next` is what to ask for the one behind it. */
interface Part {
  output: string;
  exitCode: 0 | 1;
  next?: VerifyCommand | ExportCommand;
  progress?: { done: number; total: number };
}

/** One step of `audit verify`; the result says how to go on. @throws when a port does. */
export async function verifyTrail(ports: Ports, { kept = null, verification = verificationOf(kept) }: VerifyCommand): Promise<Part> {
  const step = await verifyAuditTrail(ports, verification);
  if (step.kind === 'fault') return { output: `error: ${wordsFor(step.fault)}\n`, exitCode: 1 };
  if (step.kind === 'goes on') return { output: '', exitCode: 0, next: { name: 'audit verify', verification: step.verification } };
  const { head, waiting } = step;
  const headLine = head.position > 0 ? `Head: ${head.position}:${head.mac}\n` : '';
  return { output: `The audit trail is whole: ${head.position} rows are sealed, ${waiting} wait to be\n${headLine}`, exitCode: 0 };
}

/** One page of `audit export`, in the order of the chain; the first one seals what waits before. @throws when a port does. */
export async function exportTrail(ports: Ports, { after, until }: ExportCommand): Promise<Part> {
  if (until === undefined) await sealAuditTrail(ports);
  const end = until ?? (await ports.auditChain.length());
  const rows = await ports.auditChain.list(after, Math.max(0, Math.min(EXPORT_PAGE_SIZE, end - after)));
  const last = rows.at(-1)?.position ?? end;
  return {
    output: rows.map(exportedLine).join(''),
    exitCode: 0,
    progress: { done: last, total: end },
    ...(last < end && { next: { name: 'audit export', after: last, until: end } }),
  };
}

/** All that is sealed, with its seal; of a row that is gone, its id. */
function exportedLine({ position, eventId, row, mac, keyId }: SealedRow): string {
  return `${JSON.stringify({ position, id: eventId, ...row, mac, keyId })}\n`;
}

function wordsFor({ kind, position, id }: ChainFault): string {
  const row = position === null ? `row ${id}` : `row ${id} (position ${position})`;
  switch (kind) {
    case 'altered':
      return `${row} is not what was sealed there: it, its seal or its place was altered`;
    case 'removed':
      return `${row} was removed`;
    case 'seal removed':
      return `the seal of position ${position} was removed`;
    case 'key missing':
      return `${row} was sealed with a key that is not there`;
    case 'put in':
      return `${row} was put in, or its seal was removed: it is not sealed, and does not wait to be`;
    case 'cut off':
      return `the trail was cut off: position ${position} is missing, and the head that was kept lies there or behind it`;
    case 'made anew':
      return `${row} is not the head that was kept: the trail was made anew, up to there or from the start`;
  }
}

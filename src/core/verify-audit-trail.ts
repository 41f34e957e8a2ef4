import { sealedText, type ChainHead, type SealedRow } from './audit-chain.js';
import type { Ports } from './ports.js';

/** How much is looked at in one step. */
const PAGE_SIZE = 1000;

/** How far a verification has come: plain data, so that another process can be asked for each step. */
export interface Verification {
  /** The last seal that was found good. */
  head: ChainHead;
  /** A head that was kept from before, where there is one. */
  kept: ChainHead | null;
  /** From which id on to look for a row that was put in without a seal; null: the chain is not walked to its end yet. */
  lookFrom: string | null;
}

/**
 * What is wrong with the trail, where it is found first: a row is not what was sealed at its place (`altered`), is gone (`removed`), its
 * seal is (`seal removed`), its seal's key is (`key missing`), it was never sealed nor waits for it (`put in`), the chain ends before
 * the head that was kept (`cut off`) or has other rows up to there (`made anew`).
 */
export interface ChainFault {
  kind: 'altered' | 'removed' | 'seal removed' | 'key missing' | 'put in' | 'cut off' | 'made anew';
  position: number | null;
  /** The row's id, where it is known. */
  id: string | null;
}

export type VerificationStep =
  | { kind: 'goes on'; verification: Verification }
  | { kind: 'fault'; fault: ChainFault }
  | { kind: 'whole'; head: ChainHead; waiting: number };

/** What no id comes before: who puts a row in may give it any. */
const LOWEST_ID = String(-(2n ** 63n));

/** Where a verification begins. */
export function verificationOf(kept: ChainHead | null): Verification {
  return { head: { position: 0, mac: '' }, kept, lookFrom: null };
}

/**
 * Goes one step on in comparing the trail with its seals: from the first row to the last, then through the rows for one that has no seal.
 * New rows may come and be sealed meanwhile.
 *
 * @returns how to go on; or the first fault; or, in the end, the head of the chain and how many rows wait to be sealed.
 * @throws when a port does.
 */
export async function verifyAuditTrail(
  ports: Pick<Ports, 'auditChain' | 'auditMacs'>,
  verification: Verification,
): Promise<VerificationStep> {
  const { lookFrom } = verification;
  return lookFrom === null ? walkChain(ports, verification) : lookForStrays(ports, verification, lookFrom);
}

async function walkChain(
  { auditChain, auditMacs }: Pick<Ports, 'auditChain' | 'auditMacs'>,
  verification: Verification,
): Promise<VerificationStep> {
  const { kept } = verification;
  let { head } = verification;
  const links = await auditChain.list(head.position, PAGE_SIZE);
  for (const link of links) {
    // eslint-disable-next-line no-restricted-syntax -- whoever may ask for the one has the other
    const kind = faultOf(link, head, auditMacs) ?? (kept?.position === link.position && kept.mac !== link.mac ? 'made anew' : null);
    if (kind === 'seal removed') return fault(kind, head.position + 1, null);
    if (kind) return fault(kind, link.position, link.eventId);
    head = { position: link.position, mac: link.mac };
  }
  if (links.length === PAGE_SIZE) return { kind: 'goes on', verification: { ...verification, head } };
  if (kept && kept.position > head.position) return fault('cut off', head.position + 1, null);
  return { kind: 'goes on', verification: { ...verification, head, lookFrom: LOWEST_ID } };
}

function faultOf(link: SealedRow, head: ChainHead, auditMacs: Ports['auditMacs']): ChainFault['kind'] | null {
  if (link.position !== head.position + 1) return 'seal removed';
  if (!link.row) return 'removed';
  const isGood = auditMacs.isGood(link, head.mac, sealedText(link.position, link.row));
  if (isGood === null) return 'key missing';
  return isGood ? null : 'altered';
}

async function lookForStrays(
  { auditChain }: Pick<Ports, 'auditChain'>,
  verification: Verification,
  lookFrom: string,
): Promise<VerificationStep> {
  const { next, stray } = await auditChain.findStray(lookFrom, PAGE_SIZE);
  if (stray !== null) return fault('put in', null, stray);
  if (next !== null) return { kind: 'goes on', verification: { ...verification, lookFrom: next } };
  const lost = await auditChain.findLost();
  if (lost !== null) return fault('removed', null, lost);
  return { kind: 'whole', head: verification.head, waiting: await auditChain.countWaiting() };
}

function fault(kind: ChainFault['kind'], position: number | null, id: string | null): VerificationStep {
  return { kind: 'fault', fault: { kind, position, id } };
}

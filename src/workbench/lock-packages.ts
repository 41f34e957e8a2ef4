import pLimit from 'p-limit';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import { parseRequirement } from './package-requirement.js';
import type { LockedPackage } from './packages.js';

const MAX_PACKAGES = 50;
/** Of all files together: each run of a program may be handed all of them. */
const MAX_LIST_BYTES = 100 * 1024 * 1024;
/** At the same time, for one account. */
const MAX_LOOKS = 5;

/** Whether a list is longer, or its files together larger, than an account may have. */
export function isTooMuch(packages: { sizeBytes: number }[]): boolean {
  return packages.length > MAX_PACKAGES || packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > MAX_LIST_BYTES;
}

/**
 * Locks a package to one file, and has it fetched. Takes as long as the index does: not to be called in a transaction.
 *
 * @param text `name` or `name==version`.
 * @returns the package; or `package_not_found` (also: that is no name, or no version as PEP 440 has them), `package_not_installable`,
 *   `package_too_large`, `package_hash_mismatch`: what the index finds.
 * @throws Unavailable where the index is down or answers nonsense.
 */
export async function lockPackage({ ports }: WorkbenchContext, text: string): Promise<Outcome<LockedPackage>> {
  const wanted = parseRequirement(text);
  if (!wanted) return refuse('package_not_found');
  const locked = await ports.packageIndex.lock(wanted.name, wanted.version);
  return locked.ok ? done(locked.value) : refuse(locked.fault);
}

/**
 * Locks each package of a list, in its order.
 *
 * @returns them; or `too_many_packages` (as `isTooMuch` says), `duplicate_package` (one name is there twice), and what `lockPackage` refuses for the first one that cannot be had.
 * @throws as `lockPackage`.
 */
export async function lockPackages(context: WorkbenchContext, texts: string[]): Promise<Outcome<LockedPackage[]>> {
  if (texts.length > MAX_PACKAGES) return refuse('too_many_packages');
  if (new Set(texts.map((text) => parseRequirement(text)?.name ?? text)).size < texts.length) return refuse('duplicate_package');
  const looks = pLimit(MAX_LOOKS);
  let isInVain = false; // those that still wait need not be looked for
  const look = async (text: string) => {
    const outcome = isInVain ? null : await lockPackage(context, text);
    isInVain ||= outcome?.ok === false;
    return outcome;
  };
  const outcomes = await Promise.all(texts.map((text) => looks(look, text))).finally(() => (isInVain = true));
  const refused = outcomes.find((outcome) => outcome?.ok === false);
  if (refused?.ok === false) return refused;
  const locked = outcomes.flatMap((outcome) => (outcome?.ok ? [outcome.value] : []));
  return isTooMuch(locked) ? refuse('too_many_packages') : done(locked);
}

import pep440 from '@renovatebot/pep440';

/** Longer than any name or version that is in use. */
const MAX_LENGTH = 128;
/** @see PEP 508, "Names" and PEP 440, "Version matching" */
const REQUIREMENT = /^\s*([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:==\s*([a-z0-9.!+_-]+)\s*)?$/i;

/** A package that somebody wants. */
export interface PackageRequirement {
  /** Normalized. */
  name: string;
  /** Null: the newest. */
  version: string | null;
}

/** The one spelling of a package's name that others are compared by. @see PEP 503, "Normalized Names" */
export function normalizedPackageName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/**
 * Reads `name` or `name==version`: of what PEP 508 allows, that which can be locked to one file without any other package.
 *
 * @returns null where it is neither, or the version is none of PEP 440.
 */
export function parseRequirement(text: string): PackageRequirement | null {
  const [, name = '', version = null] = REQUIREMENT.exec(text) ?? [];
  if (!name || name.length > MAX_LENGTH) return null;
  if (version !== null && (version.length > MAX_LENGTH || !pep440.valid(version))) return null;
  return { name: normalizedPackageName(name), version };
}

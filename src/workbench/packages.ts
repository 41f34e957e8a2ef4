/** A Python package that an account's programs may import, locked to one file. */
export interface LockedPackage {
  /** Normalized. @see PEP 503, "Normalized Names" */
  name: string;
  version: string;
  filename: string;
  /** Where the file is. */
  url: string;
  /** Of the file, in hex. */
  sha256: string;
  sizeBytes: number;
}

/** Why a package cannot be had. `package_not_installable`: there is no wheel of pure Python; `package_hash_mismatch`: the file is not what the index says. */
export type PackageFault = 'package_not_found' | 'package_not_installable' | 'package_too_large' | 'package_hash_mismatch';

/** An index of Python packages, and the files that were fetched from it. */
export interface PackageIndex {
  /**
   * Locks a package to its newest pure-Python wheel, or that of the wanted version, and fetches it.
   *
   * @param version null: the newest that is no pre-release, and was not yanked.
   * @throws Unavailable where the index is down or answers nonsense.
   */
  lock(name: string, version: string | null): Promise<{ ok: true; value: LockedPackage } | { ok: false; fault: PackageFault }>;
  /**
   * The file, as it was locked: its hash is checked each time.
   *
   * @throws Unavailable where it is not here any more, and the index has it no more, or not the same.
   */
  fetch(locked: LockedPackage): Promise<Uint8Array>;
}

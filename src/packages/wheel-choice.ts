import pep440 from '@renovatebot/pep440';
import { normalizedPackageName } from '../workbench/package-requirement.js';

/**
 * The Pythons of the sandboxes: 3.11 natively, 3.14 in WebAssembly. A list of packages outlives the choice of a sandbox, so a wheel must
 * admit both.
 */
const PYTHON_VERSIONS = ['3.11.2', '3.14.2'];
/** Name, version, perhaps a build, then tags of pure Python 3. No `/`, and nothing that begins with a dot. @see PEP 427, "File name convention" */
const PURE_WHEEL = /^([a-z0-9][a-z0-9_.]*)-([0-9v][a-z0-9_.!+]*)(?:-\d[a-z0-9_.]*)?-(?:py2\.)?py3-none-any\.whl$/i;
const SHA256 = /^[0-9a-f]{64}$/;
/** What file systems bear. */
const MAX_FILENAME_LENGTH = 255;

/** A file as an index lists it, not yet judged. */
export interface IndexFile {
  filename: string;
  /** As it stands there: perhaps relative. */
  url: string;
  /** In hex; null: the index does not say it. */
  sha256: string | null;
  requiresPython: string | null;
  isYanked: boolean;
  sizeBytes: number | null;
}

/** A file that can be locked. */
export interface Wheel extends IndexFile {
  version: string;
  sha256: string;
}

/**
 * Chooses the newest wheel of pure Python that has a hash and admits the sandboxes' Pythons: one that is no pre-release and was not
 * yanked; or, where a version is wanted, one of that version whatever it is.
 *
 * @see PEP 440, "Handling of pre-releases", and PEP 592 for yanked files
 */
export function chooseWheel(files: IndexFile[], name: string, version: string | null): Wheel | null {
  const wheels = files.map((file) => toWheel(file, name)).filter((wheel) => wheel !== null);
  const isWanted = (wheel: Wheel) =>
    version === null ? !wheel.isYanked && !pep440.explain(wheel.version)?.is_prerelease : pep440.eq(wheel.version, version);
  return wheels.filter(isWanted).sort((one, other) => pep440.rcompare(one.version, other.version))[0] ?? null;
}

function toWheel(file: IndexFile, name: string): Wheel | null {
  const [, distribution = '', version = ''] = PURE_WHEEL.exec(file.filename) ?? [];
  const sha256 = file.sha256?.toLowerCase() ?? '';
  const isOurs = file.filename.length <= MAX_FILENAME_LENGTH && normalizedPackageName(distribution) === name;
  if (!isOurs || !pep440.valid(version) || !SHA256.test(sha256) || !admitsOurPythons(file.requiresPython)) return null;
  return { ...file, version, sha256 };
}

/** A condition that nobody can read counts as none, as it does for pip. */
function admitsOurPythons(requiresPython: string | null): boolean {
  if (!requiresPython || !pep440.validRange(requiresPython)) return true;
  return PYTHON_VERSIONS.every((version) => pep440.satisfies(version, requiresPython));
}

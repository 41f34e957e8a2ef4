import { Unavailable } from '../core/faults.js';
import type { PackageFault, PackageIndex } from '../workbench/packages.js';
import { createIndexClient } from './index-client.js';
import { createWheelCache, sha256Of } from './wheel-cache.js';
import { chooseWheel } from './wheel-choice.js';

const MAX_WHEEL_BYTES = 20 * 1024 * 1024;
const MAX_CACHE_BYTES = 1024 * 1024 * 1024;
/** With which each zip file begins that holds anything. */
const ZIP_SIGNATURE = Buffer.from('PK\x03\x04', 'latin1');

/** Where packages come from. */
export interface PackageIndexOptions {
  /** The root of a simple API, as in `https://pypi.org/simple/`. `user:password@` in it goes to its own origin alone. */
  indexUrl: string;
  /** For the files that were fetched. Is made at the first one. */
  cacheFolder: string;
  /** Of one file; 20 MiB where nothing else is wanted. */
  maxWheelBytes?: number;
  /** Of all files that are kept; 1 GiB where nothing else is wanted. */
  maxCacheBytes?: number;
  /** For each call, however many requests it makes. */
  timeoutMs: number;
}

/**
 * Speaks to an index of Python packages. Whom the index names is asked for a file, over HTTP or HTTPS, on whatever network: who chose the
 * index trusts it. No redirect of a file is followed, and none of a page to another origin.
 *
 * @see PEP 503 (HTML) and PEP 691 (JSON), the simple repository API
 */
export function createPackageIndex(options: PackageIndexOptions): PackageIndex {
  const { indexUrl, cacheFolder, maxWheelBytes = MAX_WHEEL_BYTES, maxCacheBytes = MAX_CACHE_BYTES, timeoutMs } = options;
  const client = createIndexClient(indexUrl, maxWheelBytes);
  const cache = createWheelCache(cacheFolder, maxCacheBytes);
  const obtain = async ({ url, sha256 }: { url: string; sha256: string }, signal: AbortSignal): Promise<Uint8Array | PackageFault> => {
    const kept = await cache.read(sha256);
    if (kept) return kept;
    const bytes = await client.download(url, signal);
    if (bytes === 'too_large') return 'package_too_large';
    const fault = faultOf(bytes, sha256);
    if (!fault) await cache.write(sha256, bytes);
    return fault ?? bytes;
  };
  return {
    async lock(name, version) {
      const signal = AbortSignal.timeout(timeoutMs);
      const files = await client.list(name, signal);
      if (!files) return refused('package_not_found');
      const wheel = chooseWheel(files, name, version);
      if (!wheel) return refused('package_not_installable');
      if ((wheel.sizeBytes ?? 0) > maxWheelBytes) return refused('package_too_large');
      const had = await obtain(wheel, signal);
      if (typeof had === 'string') return refused(had);
      const { filename, url, sha256 } = wheel;
      return { ok: true, value: { name, version: wheel.version, filename, url, sha256, sizeBytes: had.length } };
    },
    async fetch(locked) {
      const had = await obtain(locked, AbortSignal.timeout(timeoutMs));
      if (typeof had === 'string') throw new Unavailable('the package index has another file than was locked');
      return had;
    },
  };
}

/** What is wrong with a file: it is not what the index says, or no wheel at all. @see PEP 427: a wheel is a zip file */
function faultOf(bytes: Uint8Array, sha256: string): PackageFault | null {
  if (sha256Of(bytes) !== sha256) return 'package_hash_mismatch';
  return ZIP_SIGNATURE.equals(bytes.subarray(0, ZIP_SIGNATURE.length)) ? null : 'package_not_installable';
}

function refused(fault: PackageFault): { ok: false; fault: PackageFault } {
  return { ok: false, fault };
}

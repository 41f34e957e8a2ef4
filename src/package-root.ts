import path from 'node:path';
import { packageDirectorySync } from 'package-directory';

const root = packageDirectorySync({ cwd: import.meta.dirname });

/**
 * The path of a file that ships with the package, from its root. The compiled code lies one folder deeper than the source, so
 * that a relative path would fit one of the two only.
 */
export function packageFile(...parts: string[]): string {
  if (!root) throw new Error(`${import.meta.dirname} lies in no package`);
  return path.join(root, ...parts);
}

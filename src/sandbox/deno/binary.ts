import { createRequire } from 'node:module';

/** Where Deno's npm package has its programs: one optional package for each platform, of which npm installs the one that fits. */
const PACKAGES: Record<string, string | undefined> = {
  'linux-x64': '@deno/linux-x64-glibc/deno',
  'linux-arm64': '@deno/linux-arm64-glibc/deno',
  'darwin-x64': '@deno/darwin-x64/deno',
  'darwin-arm64': '@deno/darwin-arm64/deno',
  'win32-x64': '@deno/win32-x64/deno.exe',
  'win32-arm64': '@deno/win32-arm64/deno.exe',
};

/**
 * The path of Deno itself. The `deno` command of the package would be a process of Node's around it, and killing that one leaves Deno running.
 *
 * @throws {Error} where npm has installed none: there is none for this platform (musl has none), or optional packages were left out.
 */
export function findDeno(): string {
  const platform = `${process.platform}-${process.arch}`;
  const file = PACKAGES[platform];
  if (!file) throw new Error(`there is no Deno for ${platform}`);
  const require = createRequire(import.meta.url);
  try {
    return createRequire(require.resolve('deno/package.json')).resolve(file);
  } catch (cause) {
    throw new Error(`${file} is not installed: it is an optional package, and there is none for musl`, { cause });
  }
}

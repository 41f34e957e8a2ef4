// @ts-check
// npm leaves the optional packages of other platforms out of package-lock.json where the registry in use does not serve them, and
// `npm ci` then refuses the lock. This puts them in. Run it after each change of dependencies: `make lock`.
import fs from 'node:fs';

const LOCK = 'package-lock.json';
const OS = /(?:^|[-/])(android|darwin|win32|freebsd|openharmony|linux|aix|netbsd|openbsd|sunos)(?=-|$)/;
const CPU = /(?:^|[-/])(arm64|x64|ia32|s390x|ppc64|riscv64|loong64|arm)(?=-|$)/;

const lock = JSON.parse(fs.readFileSync(LOCK, 'utf8'));

/** Whether `name` is there for the package at `from`: beside it, or in any folder above. @param {string} from @param {string} name */
function isPresent(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${at}${at && '/'}node_modules/${name}`]) return true;
    if (!at) return false;
  }
}

for (const [from, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isPresent(from, name)) continue;
    const os = OS.exec(name)?.[1];
    const cpu = CPU.exec(name)?.[1];
    lock.packages[`node_modules/${name}`] = {
      version: String(range).replace(/^[\^~]/, ''),
      ...(entry.dev && { dev: true }),
      optional: true,
      ...(os && { os: [os] }),
      ...(cpu && { cpu: [cpu] }),
      ...(name.includes('musl') && { libc: ['musl'] }),
    };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);

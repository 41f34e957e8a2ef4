import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import type http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/core/faults.js';
import { createPackageIndex, type PackageIndexOptions } from '../../src/packages/package-index.js';
import type { LockedPackage } from '../../src/workbench/packages.js';
import { startPackageIndex, type TestIndex } from '../support/package-index.js';
import { makeWheel, toTestWheel, type TestWheel } from '../support/wheels.js';

const PAGE = /^\/simple\//;
const FILE = /^\/files\//;
const JSON_PAGE = { 'content-type': 'application/vnd.pypi.simple.v1+json' };

/** `make build` makes it. */
const BUILT = path.resolve('dist/src/packages/package-index.js');
/** Fetches a file, deletes it and fetches it again. */
const FETCHING = `
  const [built, indexUrl, cacheFolder, file] = process.argv.slice(1);
  import(built).then(async ({ createPackageIndex }) => {
    for (let round = 0; round < 20; round += 1) {
      require('node:fs').rmSync(file, { force: true });
      const locked = await createPackageIndex({ indexUrl, cacheFolder, timeoutMs: 30_000 }).lock('large', null);
      if (!locked.ok) throw new Error(locked.fault);
    }
  });
`;

let index: TestIndex;
let base: string;
let cacheFolder: string;
let wheel: TestWheel;
beforeEach(async () => {
  index = await startPackageIndex();
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-packages-'));
  cacheFolder = path.join(base, 'data', 'packages');
  wheel = makeWheel('tiny', '1.0');
  index.add('tiny', wheel);
});
afterEach(async () => {
  await index.close();
  fs.rmSync(base, { recursive: true, force: true });
});

const create = (changes: Partial<PackageIndexOptions> = {}) =>
  createPackageIndex({ indexUrl: index.url, cacheFolder, timeoutMs: 20_000, ...changes });
const lock = (changes?: Partial<PackageIndexOptions>) => create(changes).lock('tiny', null);
const locked = async (name = 'tiny', changes?: Partial<PackageIndexOptions>): Promise<LockedPackage> => {
  const outcome = await create(changes).lock(name, null);
  if (!outcome.ok) throw new Error(outcome.fault);
  return outcome.value;
};
const unavailable = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Unavailable);
  return (error as Error).message;
};
const answer = (to: RegExp, how: (response: http.ServerResponse) => void) => {
  index.answering = (request, response) => {
    if (!to.test(request.url ?? '')) return false;
    how(response);
    return true;
  };
};
const downloads = () => index.requests.filter(({ line }) => line.includes('/files/')).length;

describe('a file that is too large', () => {
  const TOO_LARGE = { ok: false, fault: 'package_too_large' };

  it('is not asked for where the page says so', async () => {
    index.add('large', { wheel: makeWheel('large', '1.0'), size: 20 * 1024 * 1024 + 1 });
    expect(await create().lock('large', null)).toEqual(TOO_LARGE);
    expect(downloads()).toBe(0);
  });

  it('is not read where the answer says so', async () => {
    answer(FILE, (response) => {
      response.writeHead(200, { 'content-length': '999999999' });
      response.flushHeaders(); // and nothing more: who reads on waits in vain
    });
    expect(await lock()).toEqual(TOO_LARGE);
  });

  it('is read no further than to the limit where nobody says so, and not kept', async () => {
    let sent = 0;
    answer(FILE, (response) => {
      const more = () => {
        sent += 65_536;
        if (!response.destroyed) response.write(Buffer.alloc(65_536), more);
      };
      more();
    });
    expect(await lock({ maxWheelBytes: 100_000 })).toEqual(TOO_LARGE);
    expect(sent).toBeLessThan(50_000_000);
    expect(fs.existsSync(cacheFolder)).toBe(false);
  });

  it('is one byte larger than what is allowed', async () => {
    expect(await lock({ maxWheelBytes: wheel.bytes.length - 1 })).toEqual(TOO_LARGE);
    expect(await lock({ maxWheelBytes: wheel.bytes.length })).toMatchObject({ ok: true });
  });
});

describe('an index that does not serve', () => {
  it('is unavailable where nobody listens', async () => {
    await index.close();
    expect(await unavailable(lock())).toBe('the package index is not to be reached (ECONNREFUSED)');
  });

  it.each([500, 503, 403, 429])('is unavailable where it answers %d', async (status) => {
    answer(PAGE, (response) => response.writeHead(status).end('the secret of the proxy'));
    expect(await unavailable(lock())).toBe(`the package index answered ${status}`);
    answer(FILE, (response) => response.writeHead(status).end());
    expect(await unavailable(lock())).toBe(`the package index answered ${status} for a file that it lists`);
  });

  it('is unavailable where it lists a file that it does not have', async () => {
    answer(FILE, (response) => response.writeHead(404).end());
    expect(await unavailable(lock())).toBe('the package index answered 404 for a file that it lists');
  });

  it.each([
    ['never answers for a page', PAGE, () => {}],
    ['stops in the middle of a page', PAGE, (response: http.ServerResponse) => response.writeHead(200, JSON_PAGE).write('{"meta":')],
    ['never answers for a file', FILE, () => {}],
    ['stops in the middle of a file', FILE, (response: http.ServerResponse) => response.writeHead(200).write('PK')],
  ])('is unavailable after the time limit where it %s', async (_what, to, how) => {
    answer(to, how);
    expect(await unavailable(lock({ timeoutMs: 300 }))).toBe('the package index did not answer in time');
  });

  it('is unavailable where its connection breaks off', async () => {
    answer(FILE, (response) => {
      response.writeHead(200, { 'content-length': wheel.bytes.length });
      response.write(wheel.bytes.subarray(0, 10), () => response.destroy());
    });
    expect(await unavailable(lock())).toMatch(/^the package index is not to be reached/);
    expect(fs.existsSync(cacheFolder)).toBe(false);
  });
});

describe('an index that answers nonsense', () => {
  const page = (type: string, body: string) => answer(PAGE, (response) => response.writeHead(200, { 'content-type': type }).end(body));
  const [JSON_TYPE] = Object.values(JSON_PAGE) as [string];

  it.each([
    ['JSON that breaks off', '{"meta":{"api-version":"1.0"},"files":[{"filename":"ti'],
    ['JSON of something else', '{"error":"maintenance"}'],
    ['JSON with wrong types', '{"meta":{"api-version":"1.0"},"files":[{"filename":1,"url":null,"hashes":[]}]}'],
    ['nothing', ''],
  ])('is unavailable: %s', async (_what, body) => {
    page(JSON_TYPE, body);
    expect(await unavailable(lock())).toBe('the package index answered with JSON that is no page of an index');
  });

  it('is unavailable: another media type', async () => {
    page('application/octet-stream', '<a href="tiny-1.0-py3-none-any.whl">');
    expect(await unavailable(lock())).toBe('the package index answered with what is no page of an index');
  });

  it('is unavailable: the next major version', async () => {
    page(JSON_TYPE, '{"meta":{"api-version":"2.0"},"files":[]}');
    expect(await unavailable(lock())).toBe('the package index speaks another version of the simple API');
    page('text/html', '<meta name="pypi:repository-version" content="2.0">');
    expect(await unavailable(lock())).toBe('the package index speaks another version of the simple API');
  });

  it('has the links counted of HTML that is broken', async () => {
    page(
      'text/html',
      `<p><<a href="/files/${wheel.filename}#sha256=${wheel.sha256}"><b>tiny</a></i><a href='%E0%A4%A'><a href="tiny-2.0-py3`,
    );
    expect(await lock()).toMatchObject({ ok: true, value: { version: '1.0' } });
    page('text/html', '\0<html><<<');
    expect(await lock()).toEqual({ ok: false, fault: 'package_not_installable' });
  });

  it('is unavailable: a page without end', async () => {
    answer(PAGE, (response) => {
      response.writeHead(200, JSON_PAGE);
      const more = () => void (response.destroyed || response.write(Buffer.alloc(1_000_000, ' '), more));
      more();
    });
    expect(await unavailable(lock())).toBe('the package index answered with a page that is too large');
  });

  it('gives no wheel where a file has the right hash and is no zip', async () => {
    index.add('text', toTestWheel('text-1.0-py3-none-any.whl', Buffer.from('no zip')));
    expect(await create().lock('text', null)).toEqual({ ok: false, fault: 'package_not_installable' });
    expect(fs.existsSync(cacheFolder)).toBe(false);
  });
});

describe('the files that were fetched', () => {
  const cached = () => fs.readdirSync(cacheFolder);
  const modeOf = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);

  it('are for this user alone, and are not fetched again', async () => {
    const own = await locked();
    expect(Buffer.from(await create().fetch(own))).toEqual(wheel.bytes);
    await locked();

    expect(downloads()).toBe(1);
    expect(cached()).toEqual([`${wheel.sha256}.whl`]);
    expect([modeOf(cacheFolder), modeOf(path.join(cacheFolder, `${wheel.sha256}.whl`))]).toEqual(['700', '600']);
  });

  it('are fetched again where one is damaged or gone', async () => {
    const own = await locked();
    const file = path.join(cacheFolder, `${wheel.sha256}.whl`);
    fs.appendFileSync(file, 'x');
    expect(Buffer.from(await create().fetch(own))).toEqual(wheel.bytes);
    expect(fs.readFileSync(file)).toEqual(wheel.bytes);
    fs.rmSync(file);
    expect(Buffer.from(await create().fetch(own))).toEqual(wheel.bytes);
    expect(downloads()).toBe(3);
  });

  it('are given as they were locked, or not at all', async () => {
    const own = await locked();
    fs.rmSync(cacheFolder, { recursive: true });
    answer(FILE, (response) => response.end(makeWheel('tiny', '1.1').bytes));
    expect(await unavailable(create().fetch(own))).toBe('the package index has another file than was locked');
    await index.close();
    expect(await unavailable(create().fetch(own))).toBe('the package index is not to be reached (ECONNREFUSED)');
    expect(fs.existsSync(cacheFolder)).toBe(false);
  });

  it('are bounded: who was not used for longest goes', async () => {
    const names = ['one', 'two', 'three'];
    const wheels = names.map((name) => makeWheel(name, '1.0', { padding: 10_000 }));
    names.forEach((name, at) => index.add(name, ...wheels.slice(at, at + 1)));
    const maxCacheBytes = 25_000;
    const fileOf = (at: number) => `${wheels[at]?.sha256}.whl`;
    const first = await locked('one', { maxCacheBytes });
    await locked('two', { maxCacheBytes });
    for (const at of [0, 1]) fs.utimesSync(path.join(cacheFolder, fileOf(at)), at, at);
    await create().fetch(first); // used again: the second one is older now
    await locked('three', { maxCacheBytes });
    expect(cached().sort()).toEqual([fileOf(0), fileOf(2)].sort());
  });

  it('are said to be unavailable where the folder cannot be written', async () => {
    fs.writeFileSync(path.join(base, 'data'), 'a file in the place of the folder');
    expect(await unavailable(lock())).toBe('the cache of packages cannot be written (ENOTDIR)');
  });

  it('are whole at any time, while two processes fetch the same one over and over', async () => {
    const large = makeWheel('large', '1.0', { padding: 3_000_000 });
    index.add('large', large);
    const file = path.join(cacheFolder, `${large.sha256}.whl`);
    const processes = [1, 2].map(() =>
      spawn(process.execPath, ['-e', FETCHING, BUILT, index.url, cacheFolder, file], { stdio: 'inherit' }),
    );
    const ends = Promise.all(processes.map((child) => once(child, 'exit')));
    let whole = 0;
    while (processes.some(({ exitCode }) => exitCode === null)) {
      const bytes = await fs.promises.readFile(file).catch(() => null);
      if (bytes) expect(bytes.equals(large.bytes)).toBe(true);
      whole += bytes ? 1 : 0;
    }

    expect((await ends).map(([exitCode]) => exitCode as number)).toEqual([0, 0]);
    expect(whole).toBeGreaterThan(0);
    expect(cached()).toEqual([path.basename(file)]);
  });
});

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/core/faults.js';
import { createPackageIndex, type PackageIndexOptions } from '../../src/packages/package-index.js';
import { startPackageIndex, type TestIndex } from '../support/package-index.js';
import { makeWheel, toTestWheel } from '../support/wheels.js';

const SECRET = 'p%40ss-of-the-index';

let index: TestIndex;
let base: string;
let cacheFolder: string;
beforeEach(async () => {
  index = await startPackageIndex();
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-packages-'));
  cacheFolder = path.join(base, 'data', 'packages');
});
afterEach(async () => {
  await index.close();
  fs.rmSync(base, { recursive: true, force: true });
});

const create = (changes: Partial<PackageIndexOptions> = {}) =>
  createPackageIndex({ indexUrl: index.url, cacheFolder, timeoutMs: 20_000, ...changes });
const faultOf = async (locking: ReturnType<ReturnType<typeof create>['lock']>) => {
  const outcome = await locking;
  return outcome.ok ? `locked ${outcome.value.version}` : outcome.fault;
};
/** The message of what it is rejected with, which is always an `Unavailable`. */
const unavailable = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Unavailable);
  return (error as Error).message;
};
const requests = () => index.requests.map(({ line }) => line);

describe.each(['JSON', 'HTML'] as const)('an index that speaks %s', (speaks) => {
  beforeEach(() => {
    index.speaks = speaks;
  });

  it('locks a package to name, version, file, address, hash and size, and fetches it', async () => {
    const wheel = makeWheel('Tiny.Thing', '1.2');
    index.add('tiny-thing', wheel);

    const locked = await create().lock('tiny-thing', null);

    expect(locked).toEqual({
      ok: true,
      value: {
        name: 'tiny-thing',
        version: '1.2',
        filename: 'Tiny_Thing-1.2-py3-none-any.whl',
        url: new URL(`/files/${wheel.filename}`, index.url).href,
        sha256: wheel.sha256,
        sizeBytes: wheel.bytes.length,
      },
    });
    expect(requests()).toEqual(['GET /simple/tiny-thing/', `GET /files/${wheel.filename}`]);
  });

  it('gives the newest version by the order of PEP 440, not by letters or by place', async () => {
    index.add('tiny', makeWheel('tiny', '1.10'), makeWheel('tiny', '1.9.post1'), makeWheel('tiny', '0!2.0.dev1'), makeWheel('tiny', '1.2'));
    expect(await faultOf(create().lock('tiny', null))).toBe('locked 1.10');
  });

  it('gives no pre-release and nothing that was yanked, unless that very version is wanted', async () => {
    index.add('tiny', makeWheel('tiny', '1.0'), makeWheel('tiny', '3.0rc1'), { wheel: makeWheel('tiny', '2.0'), yanked: 'broken "wheel"' });
    index.add('tiny', { wheel: makeWheel('tiny', '2.1'), yanked: true });

    expect(await faultOf(create().lock('tiny', null))).toBe('locked 1.0');
    expect(await faultOf(create().lock('tiny', '2.0'))).toBe('locked 2.0');
    expect(await faultOf(create().lock('tiny', '2.1.0'))).toBe('locked 2.1');
    expect(await faultOf(create().lock('tiny', '3.0-rc1'))).toBe('locked 3.0rc1');
  });

  it('gives no wheel that excludes a Python of the sandboxes', async () => {
    const wheelOf = (version: string, requiresPython: string) => ({ wheel: makeWheel('tiny', version), requiresPython });
    index.add('tiny', wheelOf('1.0', '>=3.8,<4'), wheelOf('1.1', '>=3.12'), wheelOf('1.2', '<3.14'), wheelOf('0.9', 'what is this'));

    expect(await faultOf(create().lock('tiny', null))).toBe('locked 1.0');
    expect(await faultOf(create().lock('tiny', '1.1'))).toBe('package_not_installable');
    expect(await faultOf(create().lock('tiny', '0.9'))).toBe('locked 0.9');
  });

  it('gives wheels of pure Python alone', async () => {
    index.add(
      'native',
      makeWheel('native', '2.0', { tag: 'cp314-cp314-manylinux_2_28_x86_64' }),
      makeWheel('native', '1.0', { tag: 'py2-none-any' }),
    );
    index.add('native', toTestWheel('native-3.0.tar.gz', Buffer.from('source')), makeWheel('native', '4.0', { tag: 'py3-abi3-any' }));
    index.add('both', makeWheel('both', '1.0', { tag: 'py2.py3-none-any' }));

    expect(await faultOf(create().lock('native', null))).toBe('package_not_installable');
    expect(await faultOf(create().lock('native', '2.0'))).toBe('package_not_installable');
    expect(await faultOf(create().lock('both', null))).toBe('locked 1.0');
    expect(await faultOf(create().lock('both', '1.1'))).toBe('package_not_installable');
  });

  it('gives no file of another project, whatever it is listed under', async () => {
    index.add('tiny', makeWheel('evil', '1.0'));
    expect(await faultOf(create().lock('tiny', null))).toBe('package_not_installable');
  });

  it('gives no file without a SHA-256', async () => {
    index.add('tiny', { wheel: makeWheel('tiny', '1.0'), sha256: null }, { wheel: makeWheel('tiny', '1.1'), sha256: '../../etc/passwd' });
    expect(await faultOf(create().lock('tiny', null))).toBe('package_not_installable');
  });

  it('refuses a file that is not what its hash says, and keeps nothing of it', async () => {
    index.add('tiny', { wheel: makeWheel('tiny', '1.0'), sha256: makeWheel('tiny', '1.1').sha256 });

    expect(await faultOf(create().lock('tiny', null))).toBe('package_hash_mismatch');
    expect(fs.existsSync(cacheFolder)).toBe(false);
  });

  it('has names that cannot leave the folder, whatever the index calls its files', async () => {
    const wheel = makeWheel('tiny', '1.0');
    for (const name of [
      '../../tiny-1.0-py3-none-any.whl',
      '..%2F..%2Ftiny-1.0-py3-none-any.whl',
      '/tmp/tiny-1.0-py3-none-any.whl',
      '..\\tiny-1.0-py3-none-any.whl',
    ]) {
      index.add('tiny', {
        wheel,
        filename: name,
        url: speaks === 'HTML' ? `/files/${encodeURIComponent(name)}` : `/files/${wheel.filename}`,
      });
    }
    expect(await faultOf(create().lock('tiny', null))).toBe('package_not_installable');
    expect(fs.readdirSync(base)).toEqual([]);
  });

  it('gives no file that is had in another way than over HTTP', async () => {
    const wheel = makeWheel('tiny', '1.0');
    const urls = [
      `file:///etc/${wheel.filename}`,
      `data:application/zip;base64,${wheel.bytes.toString('base64')}/${wheel.filename}`,
      'http://[broken',
    ];
    index.add('tiny', ...urls.map((url) => ({ wheel, url })));
    expect(await faultOf(create().lock('tiny', null))).toBe('package_not_installable');
  });

  it('does not know a package that the index does not know', async () => {
    expect(await faultOf(create().lock('nowhere', null))).toBe('package_not_found');
  });
});

describe('an index that redirects', () => {
  const redirecting = (from: RegExp, location: (url: string) => string) => {
    index.answering = (request, response) => {
      if (!from.test(request.url ?? '')) return false;
      response.writeHead(301, { location: location(request.url ?? '') }).end();
      return true;
    };
  };

  it('is followed to another page of its own', async () => {
    index.add('tiny', makeWheel('tiny', '1.0'));
    redirecting(/^\/old\//, (url) => url.replace('/old/', '/simple/'));
    expect(await faultOf(create({ indexUrl: index.url.replace('/simple/', '/old') }).lock('tiny', null))).toBe('locked 1.0');
  });

  it('is not followed round in circles', async () => {
    redirecting(/^\/simple/, (url) => `${url}again/`);
    expect(await unavailable(create().lock('tiny', null))).toBe('the package index redirects too often');
    expect(requests()).toHaveLength(4);
  });

  it('is not followed to another origin, nor is a file', async () => {
    const other = await startPackageIndex();
    other.add('tiny', makeWheel('tiny', '1.0'));
    redirecting(/^\/simple/, () => `${other.url}tiny/`);
    expect(await unavailable(create().lock('tiny', null))).toBe('the package index redirects to another origin');

    index.add('tiny', makeWheel('tiny', '1.0'));
    redirecting(/^\/files/, (url) => new URL(url, other.url).href);
    expect(await unavailable(create().lock('tiny', null))).toBe('the package index answered 301 for a file that it lists');
    expect(other.requests).toEqual([]);
    await other.close();
  });
});

describe('an index with credentials', () => {
  const withCredentials = (url = index.url) => url.replace('http://', `http://ada:${SECRET}@`);

  it('gets them as Basic authorization, and a host of files that it names does not', async () => {
    const files = await startPackageIndex();
    const wheel = makeWheel('tiny', '1.0');
    files.add('tiny', wheel);
    index.add('tiny', { wheel, url: `${new URL(files.url).origin.replace('//', '//eve:hers@')}/files/${wheel.filename}` });

    const outcome = await create({ indexUrl: withCredentials() }).lock('tiny', null);

    const expected = `Basic ${Buffer.from(`ada:${decodeURIComponent(SECRET)}`).toString('base64')}`;
    expect(index.requests.map(({ headers }) => headers.authorization)).toEqual([expected]);
    expect(files.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(outcome).toMatchObject({ ok: true, value: { url: `${new URL(files.url).origin}/files/${wheel.filename}` } });
    await files.close();
  });

  it('has them neither in an address that is stored nor in a message', async () => {
    index.add('tiny', makeWheel('tiny', '1.0'));
    const options = { indexUrl: withCredentials() };
    const locked = await create(options).lock('tiny', null);
    expect(JSON.stringify(locked)).not.toContain('ada');
    expect(index.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, true]);

    index.answering = (_request, response) => Boolean(response.writeHead(401).end());
    const messages = [await unavailable(create(options).lock('tiny', null))];
    await index.close();
    messages.push(await unavailable(create(options).lock('tiny', null)));
    expect(messages).toEqual(['the package index answered 401', 'the package index is not to be reached (ECONNREFUSED)']);
  });
});

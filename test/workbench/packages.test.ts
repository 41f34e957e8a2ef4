import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewAccount } from '../../src/core/account.js';
import type { Principal } from '../../src/core/authenticate.js';
import { Unavailable } from '../../src/core/faults.js';
import { done } from '../../src/core/outcome.js';
import { databasePorts } from '../../src/db/ports.js';
import { createPackageIndex } from '../../src/packages/package-index.js';
import { createAccountJobs } from '../../src/workbench/account-jobs.js';
import { addPackage } from '../../src/workbench/add-package.js';
import type { WorkbenchContext } from '../../src/workbench/context.js';
import { listPackages } from '../../src/workbench/list-packages.js';
import { parseRequirement } from '../../src/workbench/package-requirement.js';
import type { LockedPackage, PackageIndex } from '../../src/workbench/packages.js';
import { removePackage } from '../../src/workbench/remove-package.js';
import { setPackages } from '../../src/workbench/set-packages.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { contextOf, fakePorts } from '../support/fake-ports.js';
import { startPackageIndex, type TestIndex } from '../support/package-index.js';
import { makeWheel } from '../support/wheels.js';

const MIB = 1024 * 1024;

describe('what a requirement says', () => {
  it('is a name in its one spelling, and perhaps a version', () => {
    expect(parseRequirement('Zope.Interface')).toEqual({ name: 'zope-interface', version: null });
    expect(parseRequirement(' a__b == 1.0rc1 ')).toEqual({ name: 'a-b', version: '1.0rc1' });
  });

  it.each([
    '',
    '-a',
    'a-',
    'a/b',
    '../a',
    'a>=1',
    'a==1.*',
    'a===1',
    'a==',
    'a[x]==1',
    'a==1; python_version>"3"',
    'a @ http://b',
    `a==${'1'.repeat(200)}`,
  ])('is nothing else: %s', (text) => expect(parseRequirement(text)).toBeNull());
});

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let stored: ReturnType<typeof databasePorts>;
  let index: TestIndex;
  let cacheFolder: string;
  let people = 0;
  let me: Principal;
  beforeAll(async () => {
    database = await kind.create();
    stored = databasePorts(database.source);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    index = await startPackageIndex();
    cacheFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-packages-'));
    for (const name of ['one', 'two', 'three']) index.add(name, makeWheel(name, '1.0'), makeWheel(name, '2.0'));
    me = await newcomer();
  });
  afterEach(async () => {
    await index.close();
    fs.rmSync(cacheFolder, { recursive: true, force: true });
  });

  const newcomer = async (): Promise<Principal> => {
    const email = `person-${(people += 1)}@example.com` as NewAccount['email'];
    const usual = { givenName: null, familyName: null, emailVerified: true, demo: false, operator: false, passwordHash: null };
    const organization = { kind: 'own', name: email } as const;
    const made = await stored.atomically(async ({ accounts }) =>
      done((await accounts.insert({ ...usual, name: email, email, status: 'active', organization }))?.id ?? ''),
    );
    return { accountId: made.ok ? made.value : '', account: null, session: null, accessToken: null, rights: null };
  };
  const context = (packageIndex: PackageIndex = createPackageIndex({ indexUrl: index.url, cacheFolder, timeoutMs: 20_000 })) => {
    const ports = { ...fakePorts([]).ports, ...stored, packageIndex, accountJobs: createAccountJobs() };
    return contextOf(ports, { dialect: 'pyth-on' }) as WorkbenchContext;
  };
  const listed = async (who = me) => {
    const outcome = await listPackages(context(), who);
    return outcome.ok ? outcome.value.map(({ name, version }) => `${name}==${version}`) : outcome.refusal;
  };
  const recorded = async () =>
    (await stored.audit.list({ after: null, limit: 50 }, { accountId: me.accountId }))
      .reverse()
      .map(({ action, resource, reason }) => [action, resource, reason].filter((word) => word !== null).join(' '));
  /** Has everything, of a size that is said and not there. */
  const indexOf = (sizeBytes: number): PackageIndex => ({
    lock: async (name) => ({
      ok: true,
      value: { name, version: '1.0', filename: 'f', url: 'http://f', sha256: '0'.repeat(64), sizeBytes },
    }),
    fetch: async () => Buffer.alloc(0),
  });

  describe('a list of packages', () => {
    it('is set, added to and taken from, each recorded', async () => {
      const set = await setPackages(context(), me, ['Two', 'one==1.0']);
      expect(set).toMatchObject({
        ok: true,
        value: [
          { name: 'one', version: '1.0' },
          { name: 'two', sha256: makeHash('two', '2.0') },
        ],
      });
      expect(await addPackage(context(), me, 'One')).toMatchObject({ ok: true, value: { name: 'one', version: '2.0' } });
      expect(await addPackage(context(), me, 'three==1.0')).toMatchObject({
        ok: true,
        value: { name: 'three', addedAt: expect.any(Date) },
      });
      expect(await listed()).toEqual(['one==2.0', 'three==1.0', 'two==2.0']);
      expect(await removePackage(context(), me, 'TWO')).toEqual({ ok: true, value: null });
      expect(await setPackages(context(), me, ['two'])).toMatchObject({ ok: true });
      expect(await listed()).toEqual(['two==2.0']);
      expect(await setPackages(context(), me, [])).toEqual({ ok: true, value: [] });
      expect(await recorded()).toEqual([
        'packages.set',
        'package.added one',
        'package.added three',
        'package.removed two',
        'packages.set',
        'packages.set',
      ]);
    });

    it("is nobody else's", async () => {
      const other = await newcomer();
      await setPackages(context(), me, ['one', 'two']);
      await setPackages(context(), other, ['three']);
      expect(await removePackage(context(), other, 'one')).toEqual({ ok: false, refusal: 'package_not_listed' });
      expect([await listed(), await listed(other)]).toEqual([['one==2.0', 'two==2.0'], ['three==2.0']]);
    });

    it.each([
      ['package_not_found', ['one', 'nowhere', 'two']],
      ['package_not_found', ['one', 'two==not a version']],
      ['package_not_installable', ['one', 'two==9.9']],
      ['duplicate_package', ['one==1.0', 'ONE==2.0']],
      ['package_hash_mismatch', ['one', 'lies']],
      ['package_too_large', ['one', 'large']],
      ['too_many_packages', Array.from({ length: 51 }, (_, at) => `one-${at}`)],
    ])('is as it was where another is refused, which is recorded: %s', async (refusal, wanted) => {
      index.add('lies', { wheel: makeWheel('lies', '1.0'), sha256: '0'.repeat(64) });
      index.add('large', { wheel: makeWheel('large', '1.0'), size: 10 ** 9 });
      await setPackages(context(), me, ['three']);

      expect(await setPackages(context(), me, wanted)).toEqual({ ok: false, refusal });

      expect(await listed()).toEqual(['three==2.0']);
      expect(await recorded()).toEqual(['packages.set', `packages.set ${refusal}`]);
    });

    it('is as it was where nothing can be added or removed, which is recorded', async () => {
      expect(await addPackage(context(), me, 'no where')).toEqual({ ok: false, refusal: 'package_not_found' });
      expect(await addPackage(context(), me, 'one==9.9')).toEqual({ ok: false, refusal: 'package_not_installable' });
      expect(await removePackage(context(), me, 'One')).toEqual({ ok: false, refusal: 'package_not_listed' });
      expect(await recorded()).toEqual([
        'package.added package_not_found',
        'package.added one package_not_installable',
        'package.removed one package_not_listed',
      ]);
    });

    it('is as it was where the index is down', async () => {
      await setPackages(context(), me, ['one']);
      index.answering = (_request, response) => Boolean(response.writeHead(500).end());
      await expect(setPackages(context(), me, ['two', 'three'])).rejects.toThrow(Unavailable);
      await expect(addPackage(context(), me, 'two')).rejects.toThrow(Unavailable);
      expect(await listed()).toEqual(['one==2.0']);
    });

    it('is as it was where the change cannot be recorded', async () => {
      await setPackages(context(), me, ['one']);
      await database.source.query('ALTER TABLE audit_events RENAME TO audit_away');
      try {
        await expect(setPackages(context(), me, ['two'])).rejects.toThrow();
        await expect(addPackage(context(), me, 'two')).rejects.toThrow();
        await expect(removePackage(context(), me, 'one')).rejects.toThrow();
      } finally {
        await database.source.query('ALTER TABLE audit_away RENAME TO audit_events');
      }
      expect(await listed()).toEqual(['one==2.0']);
    });

    it('has at most 50 packages, however many are added at once', async () => {
      const names = Array.from({ length: 49 }, (_, at) => `package-${at}`);
      expect(await setPackages(context(indexOf(1)), me, names)).toMatchObject({ ok: true });
      const added = await Promise.all(['a', 'b', 'c'].map((name) => addPackage(context(indexOf(1)), me, name)));
      expect(added.map((outcome) => outcome.ok || outcome.refusal).sort()).toEqual(['too_many_packages', 'too_many_packages', true]);
      expect(await listed()).toHaveLength(50);
      expect(await addPackage(context(indexOf(1)), me, 'package-7')).toMatchObject({ ok: true });
    });

    it('has at most 100 MiB in all', async () => {
      expect(await setPackages(context(indexOf(20 * MIB)), me, ['a', 'b', 'c', 'd', 'e'])).toMatchObject({ ok: true });
      expect(await addPackage(context(indexOf(1)), me, 'f')).toEqual({ ok: false, refusal: 'too_many_packages' });
      const tooLarge = setPackages(context(indexOf(20 * MIB + 1)), me, ['a', 'b', 'c', 'd', 'e']);
      expect(await tooLarge).toEqual({ ok: false, refusal: 'too_many_packages' });
      expect(await listed()).toHaveLength(5);
    });

    it('has nobody ask the index on behalf of an API key that may only read', async () => {
      const reader: Principal = { ...me, rights: ['read account'] };
      for (const outcome of [
        await setPackages(context(), reader, ['one']),
        await addPackage(context(), reader, 'one'),
        await removePackage(context(), reader, 'one'),
      ])
        expect(outcome).toEqual({ ok: false, refusal: 'insufficient_scope' });
      expect(await listed(reader)).toEqual([]);
      expect(index.requests).toEqual([]);
    });

    it('looks for no more packages once one cannot be had', async () => {
      const asked: string[] = [];
      const lock = async (name: string): ReturnType<PackageIndex['lock']> => {
        asked.push(name);
        return { ok: false, fault: 'package_not_found' };
      };
      const names = Array.from({ length: 40 }, (_, at) => `package-${at}`);
      await setPackages(context({ lock, fetch: (_locked: LockedPackage) => Promise.reject(new Error('not asked')) }), me, names);
      expect(asked.length).toBeLessThan(10);
    });
  });
});

const makeHash = (name: string, version: string) => makeWheel(name, version).sha256;

import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { keyLivesIn } from '../../src/crypto/key-changes.js';
import { createSealer } from '../../src/crypto/sealing.js';
import { rotateSecrets, type Rotation } from '../../src/workbench/rotate-secrets.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { TEST_SECRET } from '../support/server.js';
import { openWorkbench, type TestWorkbench } from '../support/workbench.js';

const NAMES = Array.from({ length: 450 }, (_, i) => `S${String(i).padStart(3, '0')}`);

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let [one, other] = [] as unknown as [TestWorkbench, TestWorkbench];
  let accountId = '';
  beforeAll(async () => {
    database = await kind.create();
    [one, other] = [await openWorkbench(database), await openWorkbench(database)];
    accountId = (await one.insert('ada@example.com')).account.id;
  });
  afterAll(async () => {
    for (const bench of [one, other]) bench.close();
    await database.close();
  });
  const put = (bench: TestWorkbench, name: string, value: string) =>
    bench.stored.secrets.put({ accountId, name, description: null, ...bench.sealing.seal(accountId, name, value) });
  const newKey = async () => {
    await keyLivesIn(one.stored.keys, createSealer(TEST_SECRET)).rotate(['secret'], true);
    await Promise.all([one.ring.reload(), other.ring.reload()]);
  };
  const rotateAll = async ({ context }: TestWorkbench) => {
    const steps: Rotation[] = [];
    while (!steps.at(-1)?.isOver) steps.push(await rotateSecrets(context));
    return steps;
  };
  beforeEach(async () => {
    await database.source.query('DELETE FROM secrets');
    for (const name of NAMES) await put(one, name, `first ${name}`);
  });

  it('moves all secrets, a batch at a time, and tells how many are left', async () => {
    await newKey();

    expect((await rotateAll(one)).map(({ moved, left, isOver }) => [moved, left, isOver])).toEqual([
      [200, 250, false],
      [200, 50, false],
      [50, 0, false],
      [0, 0, true],
    ]);
  });

  it('loses none where two processes rotate at once, while one sets new values', async () => {
    await newKey();
    const changed = NAMES.filter((_, i) => i % 9 === 0);
    const change = async () => {
      for (const name of changed) await put(one, name, `second ${name}`);
    };
    await Promise.all([rotateAll(one), rotateAll(other), change()]);

    const stored = await one.stored.secrets.read(accountId);
    expect(new Set(stored.map(({ keyId }) => keyId))).toEqual(new Set([one.sealing.currentKeyId()]));
    expect(await Promise.all(stored.map(one.sealing.open))).toEqual(
      NAMES.map((name) => `${changed.includes(name) ? 'second' : 'first'} ${name}`),
    );
  });

  it('passes over those that do not open, however many there are before the others, and says how many stay', async () => {
    const damage = 'UPDATE secrets SET data_key = set_byte(data_key, 20, get_byte(data_key, 20) # 1) WHERE name < $1';
    await database.source.query(damage, ['S420']);
    const before = await one.stored.secrets.read(accountId);
    await newKey();
    const steps = await rotateAll(one);

    expect(steps.map(({ moved, left }) => [moved, left])).toEqual([
      [30, 420],
      [0, 420],
    ]);
    const after = await one.stored.secrets.read(accountId);
    expect(after.slice(0, 420)).toEqual(before.slice(0, 420));
    expect(new Set(after.slice(420).map(({ keyId }) => keyId))).toEqual(new Set([one.sealing.currentKeyId()]));
  });
});

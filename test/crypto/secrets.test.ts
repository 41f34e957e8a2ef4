import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/core/faults.js';
import { keyLivesIn } from '../../src/crypto/key-changes.js';
import { createSealer } from '../../src/crypto/sealing.js';
import type { StoredSecret } from '../../src/workbench/ports.js';
import { fakeKeyStore, type FakeKeyStore } from '../support/fake-key-store.js';
import { sealed, startSealing, type SealingProcess } from '../support/secrets.js';
import { TEST_SECRET } from '../support/server.js';

const ADA = '0f8fad5b-d9cb-469f-a165-70867728950e';
const BOB = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const VALUE = 'sk-live-Zürich-🔑-1234567890';

describe('a sealed secret', () => {
  let store: FakeKeyStore;
  let one: SealingProcess;
  const processes: SealingProcess[] = [];
  const start = async () => {
    const process = await startSealing(store);
    processes.push(process);
    return process;
  };
  const rotate = () => keyLivesIn(store, createSealer(TEST_SECRET)).rotate(['secret'], true);
  const bytesOf = ({ dataKey, sealed: value }: StoredSecret) => [dataKey, value].map((bytes) => bytes.toString('hex'));

  beforeEach(async () => {
    store = fakeKeyStore();
    one = await start();
  });
  afterEach(() => {
    for (const { ring } of processes.splice(0)) ring.close();
  });

  it.each(['x', VALUE, '𝄞'.repeat(65_536)])('opens as what it was, in any process', async (value) => {
    const secret = sealed(one, ADA, 'API_TOKEN', value);

    expect(await one.sealing.open(secret)).toBe(value);
    expect(await (await start()).sealing.open(secret)).toBe(value);
  });

  it('holds nothing of its value or its data key in clear, and is another one each time', () => {
    const [first, second] = [sealed(one, ADA, 'API_TOKEN', VALUE), sealed(one, ADA, 'API_TOKEN', VALUE)];
    const row = Buffer.concat([first.dataKey, first.sealed, Buffer.from(JSON.stringify(first))]);

    for (let at = 0; at + 4 <= Buffer.byteLength(VALUE); at += 1) expect(row.includes(Buffer.from(VALUE).subarray(at, at + 4))).toBe(false);
    expect(new Set([...bytesOf(first), ...bytesOf(second)]).size).toBe(4);
    expect([first.dataKey.length, first.sealed.length]).toEqual([12 + 32 + 16, 12 + Buffer.byteLength(VALUE) + 16]);
  });

  it.each<[where: string, move: (secret: StoredSecret, other: StoredSecret) => StoredSecret]>([
    ['of another account', (secret) => ({ ...secret, accountId: BOB })],
    ['of another name', (secret) => ({ ...secret, name: 'OTHER_TOKEN' })],
    ['of another secret, with its value but not its data key', (secret, other) => ({ ...other, sealed: secret.sealed })],
    ['of another secret, with its data key but not its value', (secret, other) => ({ ...other, dataKey: secret.dataKey })],
    ['whose account and name only look like its own put together', (secret) => ({ ...secret, accountId: `${ADA}","API`, name: 'TOKEN' })],
  ])('does not open in the row %s', async (_where, move) => {
    const [secret, other] = [sealed(one, ADA, 'API_TOKEN', VALUE), sealed(one, ADA, 'OTHER_TOKEN', 'another value')];

    await expect(one.sealing.open(move(secret, other))).rejects.toThrow('unable to authenticate data');
  });

  it.each(['dataKey', 'sealed'] as const)('does not open once any byte of its %s is another one', async (part) => {
    const secret = sealed(one, ADA, 'API_TOKEN', VALUE);
    for (let at = 0; at < secret[part].length; at += 1) {
      const changed = Buffer.from(secret[part]);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await expect(one.sealing.open({ ...secret, [part]: changed })).rejects.toThrow('unable to authenticate data');
    }
  });

  it('does not open under another key that is there', async () => {
    const secret = sealed(one, ADA, 'API_TOKEN', VALUE);
    await rotate();
    await one.ring.reload();
    const keyId = one.sealing.currentKeyId();

    expect(keyId).not.toBe(secret.keyId);
    await expect(one.sealing.open({ ...secret, keyId })).rejects.toThrow('unable to authenticate data');
    expect(await one.sealing.open(secret)).toBe(VALUE);
  });

  it('opens under a key that another process has just made, though nobody has told this one', async () => {
    await rotate();
    const secret = sealed(await start(), ADA, 'API_TOKEN', VALUE);

    expect(one.ring.find('secret', secret.keyId)).toBeNull();
    expect(await one.sealing.open(secret)).toBe(VALUE);
    expect(one.sealing.currentKeyId()).toBe(secret.keyId);
  });

  it('is not available, and not lost, where its key cannot be had now', async () => {
    const secret = sealed(one, ADA, 'API_TOKEN', VALUE);
    const unknown = { ...secret, keyId: BOB };

    await expect(one.sealing.open(unknown)).rejects.toThrow(Unavailable);
    await expect(one.sealing.rewrap(unknown)).rejects.toThrow(Unavailable);
  });

  it('lies under the current key after a rewrapping, its value as it lay, and then needs the old key no more', async () => {
    const secret = sealed(one, ADA, 'API_TOKEN', VALUE);
    await rotate();
    await one.ring.reload();
    const moved = await one.sealing.rewrap(secret);

    expect(moved).toEqual({ ...secret, keyId: one.sealing.currentKeyId(), dataKey: expect.any(Buffer) });
    expect(moved.keyId).not.toBe(secret.keyId);
    expect(moved.dataKey.equals(secret.dataKey)).toBe(false);
    expect(await one.sealing.rewrap(moved)).toBe(moved);

    await keyLivesIn(store, createSealer(TEST_SECRET)).retire(secret.keyId);
    await one.ring.reload();
    expect(await one.sealing.open(moved)).toBe(VALUE);
    await expect(one.sealing.open(secret)).rejects.toThrow(Unavailable);
  });

  it('is not rewrapped where it does not open: a changed row is not made a good one', async () => {
    const secret = sealed(one, ADA, 'API_TOKEN', VALUE);
    await rotate();
    await one.ring.reload();

    await expect(one.sealing.rewrap({ ...secret, accountId: BOB })).rejects.toThrow('unable to authenticate data');
  });
});

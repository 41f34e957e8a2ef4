import fs from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { sendToServer } from '../../src/cli/control-socket.js';
import { openKeyRing } from '../../src/crypto/key-ring.js';
import { createSealer } from '../../src/crypto/sealing.js';
import { createSecretSealing } from '../../src/crypto/secrets.js';
import { openDatabase, type DatabaseLocation } from '../../src/db/database.js';
import { databasePorts } from '../../src/db/ports.js';
import { createEmptyPostgres } from '../support/databases.js';
import { freshFolder, launch, removeEverything, run, startProgram } from '../support/process.js';
import { until } from '../support/until.js';

const SECRET = 'pN4vXw8zQk2mJr6tYb1cLh5sDf9gAe3u';
const SECRETS = 1500;
const valueOf = (index: number) => `value ${index}`;

jest.setTimeout(180_000); // processes start after each other

afterAll(removeEverything);

/** A database with its secrets, when no process of the program has it open. */
async function withSecrets<T>(
  location: DatabaseLocation,
  masterSecret: string,
  use: (ports: ReturnType<typeof databasePorts>, sealing: ReturnType<typeof createSecretSealing>) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(location);
  const ports = databasePorts(database.source);
  const ring = await openKeyRing(ports.keys, createSealer(masterSecret));
  try {
    return await use(ports, createSecretSealing(ring));
  } finally {
    ring.close();
    await database.close();
  }
}

/** Kills the command as soon as somebody else sees that it has moved something. */
async function killRotation(environment: Record<string, string>): Promise<void> {
  const database = await openDatabase({ url: environment.DATABASE_URL ?? '' });
  const keysInUse = async () => Number((await database.source.query('SELECT count(DISTINCT key_id) FROM secrets'))[0].count);
  const before = await keysInUse();
  const rotating = launch(['secrets', 'rotate'], { environment });
  await until(async () => (await keysInUse()) > before);
  rotating.signal('SIGKILL');
  await rotating.ended;
  await database.close();
}

/** Asks for the first part as the command does, and kills the server when it has answered. */
async function killServerAfterOneStep(environment: Record<string, string>, folder: string): Promise<void> {
  const server = await startProgram(environment);
  expect(await sendToServer(folder, { name: 'secrets rotate' })).toMatchObject({ progress: { done: 200, total: SECRETS } });
  server.signal('SIGKILL');
  await server.ended;
}

const PLACES = ['an embedded database that a server holds', 'PostgreSQL'] as const;

describe.each(PLACES)('secrets rotate on %s', (place) => {
  const isServer = place === 'PostgreSQL';
  (isServer && !process.env.LATCHKEY_TEST_POSTGRES ? it.skip : it)(
    'loses no secret, however often it is killed half-way: run to its end, all lie under one key, and the old ones can go',
    async () => {
      const empty = isServer ? await createEmptyPostgres() : null;
      const folder = path.join(freshFolder(), 'data');
      const environment: Record<string, string> = empty ? { DATABASE_URL: empty.url, LATCHKEY_SECRET: SECRET } : { DATA_DIR: folder };
      await run(['migrate'], { environment });
      await run(['accounts', 'create', '--email', 'ada@example.com', '--no-password'], { environment });
      const masterSecret = empty ? SECRET : fs.readFileSync(path.join(folder, 'secret'), 'utf8').trim();
      const location = empty ? { url: empty.url } : { folder: path.join(folder, 'database') };
      const accountId = await withSecrets(location, masterSecret, async (ports, sealing) => {
        const [ada] = await ports.accounts.list({ after: null, limit: 1 });
        const id = ada?.id ?? '';
        for (let i = 0; i < SECRETS; i += 1)
          await ports.secrets.put({ accountId: id, name: `S${i}`, description: null, ...sealing.seal(id, `S${i}`, valueOf(i)) });
        return id;
      });

      const isHalfWay = () =>
        withSecrets(location, masterSecret, async (ports, sealing) => {
          const all = await ports.secrets.read(accountId);
          expect(all).toHaveLength(SECRETS);
          for (const secret of all) expect(await sealing.open(secret)).toBe(valueOf(Number(secret.name.slice(1))));
          return new Set(all.map(({ keyId }) => keyId)).size > 1;
        });
      let wasHalfWay = false;
      for (let kill = 0; kill < 5 && !wasHalfWay; kill += 1) {
        await (isServer ? killRotation(environment) : killServerAfterOneStep(environment, folder));
        wasHalfWay = await isHalfWay();
      }
      expect(wasHalfWay).toBe(true);

      const server = !isServer ? await startProgram(environment) : null;
      const rotated = await run(['secrets', 'rotate'], { environment });
      expect(rotated).toMatchObject({ exitCode: 0, stderr: '' });
      expect(rotated.stdout).toMatch(new RegExp(`^All secrets lie under the key [0-9a-f-]{36} now, ${SECRETS} were moved\\n`));
      const free = [...rotated.stdout.matchAll(/keys retire ([0-9a-f-]{36})\n/g)].map(([, id = '']) => id);
      expect(free.length).toBeGreaterThan(1);
      const [, current = ''] = /under the key (\S+) now/.exec(rotated.stdout) ?? [];
      for (const id of free) expect(await run(['keys', 'retire', id], { environment })).toMatchObject({ exitCode: 0 });
      expect((await run(['keys', 'rotate', 'secret', '--now'], { environment })).exitCode).toBe(0);
      expect(await run(['keys', 'retire', current], { environment })).toMatchObject({
        exitCode: 1,
        stderr: 'error: there are secrets that lie under this key: run npx latchkey secrets rotate first\n',
      });
      expect((await run(['audit', 'export'], { environment })).stdout).toContain(`"action":"secrets.rotated"`);
      await server?.stop();

      await withSecrets(location, masterSecret, async (ports, sealing) => {
        const all = await ports.secrets.read(accountId);
        expect(new Set(all.map(({ keyId }) => keyId))).toEqual(new Set([current]));
        expect(await Promise.all(all.map(sealing.open))).toEqual(all.map(({ name }) => valueOf(Number(name.slice(1)))));
      });
      await empty?.drop();
    },
  );
});

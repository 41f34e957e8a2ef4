import type { AuditAction } from '../../src/core/audit.js';
import type { KeyStore, SealedKey, StoredKey } from '../../src/core/ports.js';

/** Stored keys in memory, under a clock that tests set. */
export interface FakeKeyStore extends KeyStore {
  /** What the database's clock says. */
  clockSeconds: number;
  rows: { key: SealedKey; createdSeconds: number; activeFromSeconds: number }[];
  /** How often the keys were read, changes aside. */
  loads: number;
  /** Set, and every call fails with it. */
  fault: Error | null;
  recorded: AuditAction[];
}

/** A store without any key. */
export function fakeKeyStore(): FakeKeyStore {
  const store: FakeKeyStore = {
    clockSeconds: 1000,
    rows: [],
    loads: 0,
    fault: null,
    recorded: [],
    async load() {
      store.loads++;
      if (store.fault) throw store.fault;
      return storedKeys(store);
    },
    async change(work) {
      if (store.fault) throw store.fault;
      const rows = [...store.rows];
      const recorded = [...store.recorded];
      const value = await work(storedKeys(store), {
        insert: async (key, activeInSeconds) =>
          void rows.push({ key, createdSeconds: store.clockSeconds, activeFromSeconds: store.clockSeconds + activeInSeconds }),
        reseal: async (key) => {
          const index = rows.findIndex((row) => row.key.id === key.id);
          rows.splice(index, 1, { ...(rows[index] as FakeKeyStore['rows'][number]), key });
        },
        delete: async (id) => {
          rows.splice(
            rows.findIndex((row) => row.key.id === id),
            1,
          );
          return true;
        },
        record: async ({ action }) => void recorded.push(action),
      });
      store.rows = rows;
      store.recorded = recorded;
      return value;
    },
  };
  return store;
}

function storedKeys({ rows, clockSeconds }: FakeKeyStore): StoredKey[] {
  const ordered = [...rows].sort((one, other) => one.activeFromSeconds - other.activeFromSeconds);
  return ordered.map(({ key, createdSeconds, activeFromSeconds }, index) => {
    const replacedSeconds = ordered.slice(index + 1).find((other) => other.key.purpose === key.purpose)?.activeFromSeconds ?? null;
    const isReplaced = replacedSeconds !== null && replacedSeconds <= clockSeconds;
    return {
      ...key,
      state: activeFromSeconds > clockSeconds ? 'next' : isReplaced ? 'old' : 'current',
      createdAt: new Date(createdSeconds * 1000),
      ageSeconds: clockSeconds - createdSeconds,
      activeFrom: new Date(activeFromSeconds * 1000),
      activeInSeconds: activeFromSeconds - clockSeconds,
      replacedAt: replacedSeconds === null ? null : new Date(replacedSeconds * 1000),
    };
  });
}

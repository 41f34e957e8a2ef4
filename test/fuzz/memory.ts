import v8 from 'node:v8';
import vm from 'node:vm';

/** How often to collect: what one collection sets free may hold more until the next. */
const COLLECTIONS = 4;

/** What this process holds. */
export interface Held {
  heapBytes: number;
  /** Sockets, timers and the like, by kind. */
  resources: Record<string, number>;
}

/** What this process holds once everything that nobody can reach any more is gone. */
export async function held(): Promise<Held> {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  for (let n = 0; n < COLLECTIONS; n++) {
    await new Promise((resolve) => setTimeout(resolve, 50)); // sockets close, finalizers run
    collect();
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heapBytes: process.memoryUsage().heapUsed, resources };
}

/** So much may stay of a request: one that signs somebody out leaves word that a token is over, for as long as it would have lived. */
const MOST_BYTES_PER_REQUEST = 1_500;
/** What comes and goes: compiled code, connections to the database, timers. */
const MOST_BYTES = 8_000_000;
const MOST_RESOURCES = 20;

/**
 * What has grown by more than so many requests between two moments account for; empty: nothing. Whatever keeps a request, its answer or
 * its socket keeps ten thousand bytes of it and more.
 */
export function growthFaults([early, late]: Held[], requests: number): string[] {
  if (!early || !late) return ['it was not looked at twice'];
  const grown = late.heapBytes - early.heapBytes;
  const kinds = Object.entries(late.resources).filter(([kind, number]) => number > (early.resources[kind] ?? 0) + MOST_RESOURCES);
  return [
    ...(grown > MOST_BYTES + MOST_BYTES_PER_REQUEST * requests ? [`the heap has grown by ${grown} bytes in ${requests} requests`] : []),
    ...kinds.map(([kind, number]) => `${number} of ${kind} are left`),
  ];
}

import net from 'node:net';
import pg from 'pg';
import { createBeats } from './feed-beats.js';
import { LOAD_REVOCATIONS, parseNotification, REVOCATIONS_CHANNEL, type Revocation, type RevocationView } from './revocation-view.js';

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 10_000;

/** One connection that fills a view, from its opening to its end. */
export interface FeedConnection {
  /** As of which moment (`performance.now()`) the view has everything; null: not yet, or not any more. */
  completeAsOf(): number | null;
  /** Finds out anew, at once, as of when the view is complete. */
  beat(): void;
  end(): void;
}

/**
 * Connects, listens, and then fills the view with what is there and with what comes.
 *
 * @param onEnd once, when nothing comes on this connection any more, for whichever reason; until then the view is this one's alone.
 *   It is told whether the view has been complete.
 */
export function openFeedConnection(url: string, view: RevocationView, onEnd: (wasUp: boolean) => void): FeedConnection {
  const socket = new net.Socket().unref(); // nobody waits for the feed
  const client = clientOn(socket, url);
  const beats = createBeats(client, end);
  let hasEnded = false;

  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    beats.stop();
    socket.destroy(); // pg's own `end` would wait for an answer
    onEnd(beats.lastSentAt() !== null);
  }
  function hear({ channel, payload }: pg.Notification): void {
    if (hasEnded) return;
    if (channel === beats.channel) return beats.hear();
    const revocation = parseNotification(payload);
    if (revocation) view.note(revocation);
    else end(); // it is not ours; whatever it is about, the table knows
  }
  client.on('error', end).on('end', end).on('notification', hear);
  fill(client, view, beats.channel).then(() => hasEnded || beats.begin(), end);
  return { completeAsOf: () => (hasEnded ? null : beats.lastSentAt()), beat: beats.send, end };
}

function clientOn(socket: net.Socket, url: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    stream: () => socket,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    fallback_application_name: 'latchkey revocation feed',
  });
}

/** Listens first, then loads: what is committed in between comes twice, and nothing is missed. */
async function fill(client: pg.Client, view: RevocationView, beatChannel: string): Promise<void> {
  view.clear();
  await client.connect();
  await refuseSharedConnection(client);
  await client.query('SET synchronous_commit = off'); // no beat waits for the disk
  await client.query(`LISTEN ${REVOCATIONS_CHANNEL}`);
  await client.query(`LISTEN ${beatChannel}`);
  const { rows } = await client.query<Revocation>(LOAD_REVOCATIONS, [view.maxEntries + 1]);
  for (const revocation of rows) view.note(revocation);
}

/**
 * A pooler that lends out its connections by the transaction drops what is notified in between, and yet a beat may come back.
 *
 * @throws {Error} where another process of the server answers than the one that was connected to.
 */
async function refuseSharedConnection(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (rows[0]?.pid !== (client as pg.Client & { processID: number | null }).processID) throw new Error('the connection is shared');
}

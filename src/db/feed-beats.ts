import crypto from 'node:crypto';
import type pg from 'pg';

const BEAT_EVERY_MS = 300;
/** Without a beat for so long, nothing will come on this connection any more. */
const DEAD_AFTER_MS = 3_000;

/** The beats of one connection. Moments are those of `performance.now()`: the clock on the wall may be set. */
export interface Beats {
  readonly channel: string;
  /** Begins to beat: to be called when the connection listens on the channel. */
  begin(): void;
  /** Sends a beat now, or as soon as the one under way is back. */
  send(): void;
  /** Takes the beat that came back. */
  hear(): void;
  /** When the last beat that came back was sent; null: none did yet. */
  lastSentAt(): number | null;
  stop(): void;
}

/**
 * A beat is a notification that a connection sends to itself. As PostgreSQL gives notifications in the order of the commits,
 * whatever was committed before a beat was sent has been heard when it is back. One is under way at a time.
 *
 * @param onDeath when the connection takes no beat, or none comes back.
 */
export function createBeats(client: pg.Client, onDeath: () => void): Beats {
  const channel = `latchkey_beat_${crypto.randomUUID().replaceAll('-', '')}`;
  let timer: NodeJS.Timeout | undefined;
  let sentAt: number | null = null;
  let isAnotherWanted = false;
  let lastSentAt: number | null = null;
  let lastBackAt = 0;

  function send(): void {
    if (!timer) return;
    isAnotherWanted = sentAt !== null;
    if (isAnotherWanted) return;
    sentAt = performance.now();
    client.query(`NOTIFY ${channel}`).catch(onDeath);
  }
  function tick(): void {
    if (performance.now() - lastBackAt > DEAD_AFTER_MS) onDeath();
    else send();
  }
  return {
    channel,
    begin() {
      lastBackAt = performance.now();
      timer = setInterval(tick, BEAT_EVERY_MS).unref();
      send();
    },
    send,
    hear() {
      lastSentAt = sentAt;
      lastBackAt = performance.now();
      sentAt = null;
      if (isAnotherWanted) send();
    },
    lastSentAt: () => lastSentAt,
    stop: () => clearInterval(timer),
  };
}

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Mail, Outbox, SealedMail } from '../../src/core/mail.js';
import { createCourier, type Courier, type CourierParts } from '../../src/mail/courier.js';
import { createSmtpTransport, type Message } from '../../src/mail/transport.js';
import { startMailServer } from './mail-server.js';

const open = ({ sealed }: SealedMail) => JSON.parse(sealed.toString()) as Mail;

interface MemoryOutbox extends Outbox {
  rows: Map<string, { sealed: Buffer; attempts: number; isDue: boolean }>;
  /** The time of their next try comes. */
  makeAllDue(): void;
}

/** An outbox that hands out each mail once, until its next try is due. */
function memoryOutbox(count = 0): MemoryOutbox {
  const rows: MemoryOutbox['rows'] = new Map();
  const outbox: MemoryOutbox = {
    rows,
    makeAllDue: () => rows.forEach((row) => (row.isDue = true)),
    async insert({ id, sealed }) {
      rows.set(id, { sealed, attempts: 0, isDue: true });
    },
    async take(limit) {
      const due = [...rows].filter(([, { isDue }]) => isDue).slice(0, limit);
      return due.map(([id, row]) => {
        row.isDue = false;
        return { id, sealed: row.sealed, attempts: ++row.attempts };
      });
    },
    async putBack(id) {
      putBack.push(id);
    },
    async delete(id) {
      rows.delete(id);
    },
  };
  for (let n = 0; n < count; n++) void outbox.insert(mail(`mail-${n}`), 600);
  return outbox;
}

function mail(id: string, dialect = 'px0'): SealedMail {
  const content: Mail = { to: `${id}@example.com`, dialect, kind: 'email verification link', token: `token-of-${id}` };
  return { id, sealed: Buffer.from(JSON.stringify(content)) };
}

let outbox: MemoryOutbox;
let putBack: string[] = [];
let delivered: Message[];
let failures: [message: string, mailId: string | null, attempts: number][];
let couriers: Courier[];
beforeEach(() => {
  outbox = memoryOutbox();
  delivered = [];
  failures = [];
  putBack = [];
  couriers = [];
});
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(couriers.map((courier) => courier.close()));
});

function start(changes: Partial<CourierParts> = {}): Courier {
  const courier = createCourier({
    outbox,
    open,
    transport: transport(async () => {}),
    appUrls: { px0: 'https://px0.example', pixyle: undefined },
    onFailure: ({ message }, mailId, attempts) => failures.push([message, mailId, attempts]),
    ...changes,
  });
  couriers.push(courier);
  return courier;
}

/** A transport that notes what it has delivered, unless `deliver` throws. */
function transport(deliver: (message: Message) => Promise<void>): CourierParts['transport'] {
  return {
    async deliver(message) {
      await deliver(message);
      delivered.push(message);
    },
    close() {},
  };
}

/** Waits for less than it takes the courier to look into the outbox by itself. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 3_000; !isSo();) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A promise that waits for somebody to open it. */
function gate(): { passed: Promise<void>; open(): void } {
  let openIt = () => {};
  const passed = new Promise<void>((resolve) => (openIt = resolve));
  return { passed, open: () => openIt() };
}

const idsOf = (messages: Message[]) => messages.map(({ id }) => id).sort();

describe('the courier', () => {
  it('delivers all mails that wait, in words and to their addresses, and then removes them from the outbox', async () => {
    outbox = memoryOutbox(25);
    start().deliverSoon();
    await until(() => outbox.rows.size === 0);

    expect(new Set(idsOf(delivered)).size).toBe(25);
    expect(delivered).toHaveLength(25);
    expect(delivered.find(({ id }) => id === 'mail-7')).toMatchObject({
      to: 'mail-7@example.com',
      subject: expect.stringContaining('Latchkey'),
      text: expect.stringContaining('\ntoken-of-mail-7\n'),
      html: expect.stringContaining('token-of-mail-7'),
    });
    expect(failures).toEqual([]);
  });

  it("links to the application of the mail's dialect, and to none where none is known", async () => {
    for (const dialect of ['px0', 'pixyle', 'latchkey']) await outbox.insert(mail(dialect, dialect), 600);
    start().deliverSoon();
    await until(() => outbox.rows.size === 0);

    const links = Object.fromEntries(delivered.map(({ id, text }) => [id, /https?:\S+/.exec(text)?.[0] ?? null]));
    expect(links).toEqual({ px0: 'https://px0.example/verify-email?token=token-of-px0', pixyle: null, latchkey: null });
  });

  it('delivers five mails at a time, and takes no more than that', async () => {
    outbox = memoryOutbox(30);
    const limits: number[] = [];
    const take = (limit: number) => {
      limits.push(limit);
      return outbox.take(limit);
    };
    let atOnce = 0;
    let most = 0;
    const busy = transport(async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
    });
    start({ outbox: { ...outbox, take }, transport: busy }).deliverSoon();
    await until(() => outbox.rows.size === 0);

    expect(most).toBe(5);
    expect(Math.max(...limits)).toBe(5);
  });

  it('goes on beside a delivery that does not end', async () => {
    outbox = memoryOutbox(30);
    const { passed, open: letThrough } = gate();
    const stuck = transport(({ id }) => (id === 'mail-0' ? passed : Promise.resolve()));
    start({ transport: stuck }).deliverSoon();

    await until(() => outbox.rows.size === 1);
    expect([...outbox.rows.keys()]).toEqual(['mail-0']);
    letThrough();
    await until(() => outbox.rows.size === 0);
  });

  it('takes a mail that came while it was at others beside them, and never looks twice at the same time', async () => {
    outbox = memoryOutbox(1);
    const { passed, open: letThrough } = gate();
    let atOnce = 0;
    const take = async (limit: number) => {
      expect(++atOnce).toBe(1);
      const taken = await outbox.take(limit);
      atOnce--;
      return taken;
    };
    const courier = start({ outbox: { ...outbox, take }, transport: transport(() => passed) });
    courier.deliverSoon();
    await until(() => outbox.rows.get('mail-0')?.isDue === false);
    await outbox.insert(mail('late'), 600);
    for (let n = 0; n < 5; n++) courier.deliverSoon();
    await until(() => outbox.rows.get('late')?.isDue === false);
    letThrough();
    await until(() => outbox.rows.size === 0);

    expect(idsOf(delivered)).toEqual(['late', 'mail-0']);
    expect(failures).toEqual([]);
  });

  it('looks into the outbox every five seconds, though nobody calls it', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date'] });
    outbox = memoryOutbox(1);
    start();
    await jest.advanceTimersByTimeAsync(4_999);
    expect(delivered).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await until(() => outbox.rows.size === 0);

    await outbox.insert(mail('later'), 600);
    await jest.advanceTimersByTimeAsync(5_000);
    await until(() => outbox.rows.size === 0);
    expect(idsOf(delivered)).toEqual(['later', 'mail-0']);
  });

  it('does not keep the process alive', () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    start();

    expect(timers()).toBe(before);
  });
});

describe('the courier leaves in the outbox', () => {
  it('a mail that the transport did not take, reports it with its number of tries, and delivers the others', async () => {
    outbox = memoryOutbox(12);
    let isBroken = true;
    const courier = start({
      transport: transport(async ({ id }) => {
        if (isBroken && id === 'mail-3') throw new Error('the server is away');
      }),
    });
    courier.deliverSoon();
    await until(() => outbox.rows.size === 1);
    expect(failures).toEqual([['the server is away', 'mail-3', 1]]);

    outbox.makeAllDue();
    courier.deliverSoon();
    await until(() => failures.length === 2);
    expect(failures[1]).toEqual(['the server is away', 'mail-3', 2]);

    isBroken = false;
    outbox.makeAllDue();
    courier.deliverSoon();
    await until(() => outbox.rows.size === 0);
    expect(idsOf(delivered)).toEqual(idsOf(Array.from({ length: 12 }, (_, n) => ({ id: `mail-${n}` }) as Message)));
  });

  it('a mail that it cannot open, and reports it', async () => {
    outbox = memoryOutbox(2);
    const openWithKey = (sealed: SealedMail) => {
      if (sealed.id === 'mail-0') throw new Error('sealed with another key');
      return open(sealed);
    };
    start({ open: openWithKey }).deliverSoon();
    await until(() => outbox.rows.size === 1 && failures.length === 1);

    expect([...outbox.rows.keys()]).toEqual(['mail-0']);
    expect(failures).toEqual([['sealed with another key', 'mail-0', 1]]);
  });

  it('every mail while the database is away, and goes on when it is back', async () => {
    outbox = memoryOutbox(1);
    let isAway = true;
    const take = async (limit: number) => {
      if (isAway) throw new Error('the database is away');
      return outbox.take(limit);
    };
    const courier = start({ outbox: { ...outbox, take } });
    courier.deliverSoon();
    await until(() => failures.length === 1);
    expect(failures).toEqual([['the database is away', null, 0]]);

    isAway = false;
    courier.deliverSoon();
    await until(() => outbox.rows.size === 0);
    expect(idsOf(delivered)).toEqual(['mail-0']);
  });

  it('a mail that was delivered when the database went away, to deliver it again under the same id', async () => {
    outbox = memoryOutbox(1);
    let isAway = true;
    const remove = async (id: string) => {
      if (isAway) throw new Error('the database is away');
      return outbox.delete(id);
    };
    const courier = start({ outbox: { ...outbox, delete: remove } });
    courier.deliverSoon();
    await until(() => failures.length === 1);
    expect(failures).toEqual([['the database is away', 'mail-0', 1]]);

    isAway = false;
    outbox.makeAllDue();
    courier.deliverSoon();
    await until(() => outbox.rows.size === 0);
    expect(delivered.map(({ id }) => id)).toEqual(['mail-0', 'mail-0']);
  });

  it('the mails of a mail server that is down, and delivers them when it is up again', async () => {
    const first = await startMailServer();
    await first.close();
    outbox = memoryOutbox(3);
    const smtp = createSmtpTransport(`smtp://127.0.0.1:${first.port}`, 'Latchkey <latchkey@login.example>');
    const courier = start({ transport: smtp });
    courier.deliverSoon();
    await until(() => failures.length === 3);
    expect(failures.every(([message]) => /ECONNREFUSED/.test(message) && !message.includes('@'))).toBe(true);
    expect(outbox.rows.size).toBe(3);

    const again = await startMailServer({}, first.port);
    outbox.makeAllDue();
    courier.deliverSoon();
    await until(() => outbox.rows.size === 0);
    expect(again.received.map(({ email }) => email.messageId).sort()).toEqual([0, 1, 2].map((n) => `<mail-${n}@login.example>`));
    smtp.close();
    await again.close();
  });
});

describe('a courier that is closed', () => {
  it('waits for the deliveries under way, and begins no more', async () => {
    outbox = memoryOutbox(25);
    const { passed, open: letThrough } = gate();
    const begun: string[] = [];
    const courier = start({
      transport: transport(({ id }) => {
        begun.push(id);
        return passed;
      }),
    });
    courier.deliverSoon();
    await until(() => begun.length === 5);
    let isClosed = false;
    const closed = courier.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    letThrough();
    await closed;

    expect(idsOf(delivered)).toEqual([...begun].sort());
    expect(begun).toHaveLength(5);
    expect(outbox.rows.size).toBe(20);
  });

  it('does nothing any more, neither when it is called nor by itself', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date'] });
    outbox = memoryOutbox(1);
    const courier = start();
    await courier.close();
    courier.deliverSoon();
    await jest.advanceTimersByTimeAsync(20_000);

    expect(outbox.rows.get('mail-0')?.attempts).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import { pino, type Logger } from 'pino';
import { createApp } from '../../src/app.js';
import { commandLineContext } from '../../src/cli/commands.js';
import { assembleService, type Service } from '../../src/cli/service.js';
import type { OutsideWorld } from '../../src/cli/workbench.js';
import { readConfig, SETTING_NAMES, type Config } from '../../src/config.js';
import { createAccount, type AccountRequest } from '../../src/core/create-account.js';
import type { Account, AccountStatus } from '../../src/core/account.js';
import type { Mail } from '../../src/core/mail.js';
import { setStatusByEmail } from '../../src/core/set-account-status.js';
import { createHashPool } from '../../src/crypto/hash-pool.js';
import type { Database } from '../../src/db/database.js';
import type { MailTransport } from '../../src/mail/transport.js';
import { createHttpServer } from '../../src/http/server.js';
import { fakeCodeModel, fakePackageIndex, fakeSandbox } from './fake-workbench.js';
import { contractFaults, noteAnswer } from './response-checker.js';

/** Hashes of tests cost as little as bcrypt allows: what they guarantee is not how long hashing takes. */
export const TEST_SCHEME = { algorithm: 'bcrypt', cost: 4 } as const;

export const TEST_SECRET = 'bXkgdGVzdHMgYXJlIG5vdCB5b3VyIHByb2R1Y3Rpb24K';

/** Mails of these tests are read before they are sealed, and need not arrive. */
const NOWHERE: MailTransport = { deliver: async () => {}, close: () => {} };

const LIMITS = SETTING_NAMES.filter((name) => name.startsWith('LIMIT_'));
/** Most tests are about something else, and come from one network. */
const NO_LIMITS = Object.fromEntries(LIMITS.map((name) => [name, '1000000']));
/** The limits as they are where nothing is set. */
export const DEFAULT_LIMITS = Object.fromEntries(LIMITS.map((name) => [name, '']));

export interface Sent {
  body?: unknown;
  /** In place of `body`: these very bytes. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed, where it is JSON; undefined where there is none. */
  body: unknown;
}

export interface TestServer {
  url: string;
  service: Service;
  config: Config;
  /** Sends a request, and checks the response against the merged document. */
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** An account that is active and verified, unless told otherwise. */
  createAccount(request: AccountRequest): Promise<Account>;
  setStatus(email: string, status: AccountStatus): Promise<void>;
  /** Every mail that went out, oldest first. */
  mails: Mail[];
  close(): Promise<void>;
}

/** The real service over real HTTP on a port of its own; `change` may put something else in place of a part of it. */
export async function startServer(
  database: Database,
  {
    environment = {},
    change = (service) => service,
    logger = pino({ level: 'silent' }),
    workbench = {},
  }: {
    environment?: Record<string, string>;
    change?: (service: Service) => Service;
    logger?: Logger;
    /** In place of what runs nothing, asks nobody and has it all. */
    workbench?: Partial<OutsideWorld>;
  } = {},
): Promise<TestServer> {
  const config = readConfig({ PUBLIC_URL: 'http://latchkey.test', ...NO_LIMITS, ...environment });
  const hashPool = createHashPool({ threads: 1 });
  const mails: Mail[] = [];
  const assembled = await assembleService(config, database, TEST_SECRET, {
    scheme: TEST_SCHEME,
    hashPool,
    transport: NOWHERE,
    workbench: { sandbox: fakeSandbox, packageIndex: fakePackageIndex, codeModel: fakeCodeModel, ...workbench },
  });
  const service = change(listening(assembled, mails));
  const server = createHttpServer(createApp(config, service, logger)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    service,
    config,
    send: (method, path, sent) => sendChecked(url, method, path, sent),
    async createAccount(request) {
      const created = await createAccount(commandLineContext(service), { emailVerified: true, ...request });
      if (!created.ok) throw new Error(`the test's account was refused: ${created.refusal}`);
      return created.value;
    },
    async setStatus(email, status) {
      expect(await setStatusByEmail(commandLineContext(service), email, status)).toMatchObject({ ok: true });
    },
    mails,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.close();
    },
  };
}

/** Hears of each mail before it is sealed. */
function listening(service: Service, mails: Mail[]): Service {
  const { seal, deliverSoon } = service.ports.mails;
  const hearing = (mail: Mail) => {
    if (mail.to) mails.push(mail); // one to nobody goes nowhere
    return seal(mail);
  };
  return { ...service, ports: { ...service.ports, mails: { seal: hearing, deliverSoon } } };
}

/** Sends a request, and checks the response against the merged document. */
export async function sendChecked(url: string, method: string, path: string, { body, raw, headers = {} }: Sent = {}): Promise<Answer> {
  const payload = raw !== undefined ? new Uint8Array(Buffer.from(raw)) : body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  const mediaType = response.headers.get('content-type') ?? undefined;
  const answer = { status: response.status, headers: response.headers, body: text === '' ? undefined : parsedJson(text) };
  const seen = { method, path: path.split('?')[0] ?? path, status: answer.status, mediaType, body: answer.body };
  expect(contractFaults(seen)).toEqual([]);
  noteAnswer(seen);
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  return answer;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

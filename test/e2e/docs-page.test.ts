import { existsSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { mergedDocument } from '../support/response-checker.js';
import { startServer, type TestServer } from '../support/server.js';

const BROWSERS = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = BROWSERS.find((path) => path && existsSync(path));
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

if (!executablePath) {
  if (process.env.CI) throw new Error('the documentation page must be tested in a browser under CI');
  console.log('There is no Chromium here (CHROMIUM can name one): the documentation page is not tried in a browser.');
}

(executablePath ? describe : describe.skip)('the documentation page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = process.getuid?.() === 0 ? ['--no-sandbox', ...QUIET] : QUIET;
    browser = await chromium.launch({ headless: true, executablePath: executablePath ?? '', args });
  }, 60_000);
  afterAll(() => browser.close());

  onEveryDatabase((kind) => {
    let database: TestDatabase;
    let server: TestServer;
    let page: Page;
    const complaints: string[] = [];
    beforeAll(async () => {
      database = await kind.create();
      server = await startServer(database);
      await server.createAccount({ email: 'ada@example.com', password: 'open sesame, please' });
      page = await browser.newPage();
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on(
        'request',
        (request) => !request.url().startsWith(server.url) && !request.url().startsWith('data:') && complaints.push(request.url()),
      );
    });
    afterAll(async () => {
      await page.close();
      await server.close();
      await database.close();
    });

    it('lists every dialect in groups of its own, and loads nothing from elsewhere', async () => {
      await page.goto(server.url); // a browser is led to the page
      await page.locator('.opblock').first().waitFor();

      expect(page.url()).toBe(`${server.url}/docs`);
      const groups = await page.locator('.opblock-tag a span').allInnerTexts();
      expect(groups.sort()).toEqual(mergedDocument.tags.map(({ name }) => name).sort());
      expect(groups).toContain('px0 API · Auth');
      expect(complaints).toEqual([]);
    });

    it.each([
      ['/api/login', {}],
      ['/auth/login', { 'X-API-Version': 'v1' }],
    ])('signs in by "Try it out" at %s', async (path, parameters) => {
      const block = page.locator('.opblock').filter({ has: page.locator(`[data-path="${path}"]`) });
      await block.locator('.opblock-summary-control').click();
      await block.getByRole('button', { name: 'Try it out' }).click();
      for (const name of Object.keys(parameters)) expect(await block.getByPlaceholder(name).inputValue()).toBe('v1');
      await block.locator('textarea').first().fill('{ "email": "ada@example.com", "password": "open sesame, please" }');
      await block.getByRole('button', { name: 'Execute' }).click();

      const status = block.locator('.live-responses-table tbody td.response-col_status').first();
      await status.waitFor();
      expect((await status.innerText()).trim()).toMatch(/^200/);
      expect(await block.locator('.live-responses-table tbody').first().innerText()).toContain('eyJ');
      expect(complaints).toEqual([]);
    });

    it('lets a page of a listed origin sign in and read why it cannot, and a page of another origin do neither', async () => {
      const [listed, other] = [await servePage(), await servePage()];
      const open = await startServer(database, { environment: { CORS_ORIGINS: listed.origin } });
      const elsewhere = await browser.newPage();
      const signIn = async (origin: string, password: string) => {
        await elsewhere.goto(origin);
        return elsewhere.evaluate(fetchLogin, { url: `${open.url}/auth/login`, password });
      };
      const answers = [
        await signIn(listed.origin, 'open sesame, please'),
        await signIn(listed.origin, 'a wrong password'),
        await signIn(other.origin, 'open sesame, please'),
      ];
      await elsewhere.close();
      await open.close();
      for (const { close } of [listed, other]) close();

      expect(answers).toEqual([
        { status: 200, hasToken: true, challenge: null, hasId: true },
        { status: 401, hasToken: false, challenge: 'Bearer', hasId: true },
        'TypeError: Failed to fetch',
      ]);
    });
  });
});

/** A page at an origin of its own, with nothing on it. */
async function servePage(): Promise<{ origin: string; close(): void }> {
  const server = http.createServer((_req, res) => res.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close().closeAllConnections() };
}

/** Runs in the page: signs in, and tells what the page could read. */
async function fetchLogin({ url, password }: { url: string; password: string }): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-API-Version': 'v1' },
      body: JSON.stringify({ email: 'ada@example.com', password }),
    });
    const body = (await response.json()) as { access_token?: string };
    const [challenge, id] = [response.headers.get('www-authenticate'), response.headers.get('x-request-id')];
    return { status: response.status, hasToken: body.access_token !== undefined, challenge, hasId: id !== null };
  } catch (error) {
    return String(error);
  }
}

import express, { Router, type RequestHandler } from 'express';
import helmet from 'helmet';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import { allowOnly } from './methods.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Latchkey API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png" sizes="32x32">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Of Swagger UI's own files these; its example pages stay where they are. */
const ASSETS = ['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/favicon-32x32.png'];

/** All that is served here, besides the way from `/`. */
const PATHS = ['/openapi.json', '/docs', '/docs/', '/docs/start.js', ...ASSETS];

const START_SCRIPT = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

/** Nothing from elsewhere; only the styles that Swagger UI writes into its elements are let through. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    styleSrc: ["'self'", "'unsafe-inline'"],
    scriptSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    objectSrc: ["'none'"],
  },
};

/** Swagger UI at `/docs`, the merged document at `/openapi.json`, and the way there for a browser that asks for `/`. */
export function docsPage(document: object): Router {
  const documentBytes = Buffer.from(JSON.stringify(document)); // one for all: clients that are slow to read it hold no copy each
  const router = Router({ strict: true, caseSensitive: true });
  router.use(leadBrowsers);
  router.all(PATHS, allowOnly(['GET', 'HEAD']));
  router.get('/openapi.json', (_req, res) => void res.type('json').send(documentBytes));
  router.use('/docs', helmet.contentSecurityPolicy(CONTENT_SECURITY_POLICY));
  router.get(['/docs', '/docs/'], (_req, res) => void res.type('html').send(PAGE));
  router.get('/docs/start.js', (_req, res) => void res.type('js').send(START_SCRIPT));
  const files = express.static(getAbsoluteFSPath(), { index: false, redirect: false, cacheControl: false, acceptRanges: false });
  router.use('/docs', (req, res, next) => (ASSETS.includes(req.baseUrl + req.path) ? files(req, res, next) : next()));
  return router;
}

const leadBrowsers: RequestHandler = (req, res, next) => {
  const isVisit = req.path === '/' && req.method === 'GET' && req.accepts(['json', 'html']) === 'html';
  if (!isVisit) return next();
  res.vary('Accept').status(302).location('/docs').end();
};

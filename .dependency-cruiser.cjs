// Who may import whom: a rule for each room, naming all that it may reach inside of `src/` and `generated/`.
const only = (room, ...allowed) => ({
  name: `${room.replace(/[^a-z]+/g, '-')}-imports`,
  severity: 'error',
  from: { path: `^src/${room}` },
  to: { path: '^(src|generated|openapi|test)/', pathNot: [`^src/${room}`, ...allowed.map((path) => `^${path}`)] },
});
const without = (room, ...packages) => ({
  name: `${room.replace(/[^a-z]+/g, '-')}-packages`,
  severity: 'error',
  from: { path: `^src/${room}` },
  to: { path: packages.map((name) => `node_modules/${name}/`) },
});

const ports = ['src/core/', 'src/workbench/'];
const DIALECTS = ['pyth-on', 'px0', 'pixyle', 'puppilot', 'flashback', 'latchkey'];

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    only('app\\.ts$', 'src/http/', 'src/dialects/(index|dialect)\\.ts$', ...ports, 'src/config\\.ts$', 'src/package-root\\.ts$'),
    only('config\\.ts$', 'src/dialects/index\\.ts$'),
    only('http/', 'src/dialects/dialect\\.ts$', 'src/core/', 'generated/'),
    only('dialects/dialect\\.ts$', ...ports, 'generated/'),
    ...DIALECTS.map((name) => only(`dialects/${name}/`, 'src/dialects/dialect\\.ts$', ...ports, 'generated/')),
    only('db/', ...ports, 'src/package-root\\.ts$'),
    only('crypto/', ...ports, 'src/sdk/encrypt-code\\.ts$'), // what the service encrypts for who tries it, clients encrypt by the same code
    ...['mail/', 'sandbox/', 'packages/', 'models/'].map((room) => only(room, ...ports)),
    only('workbench/', 'src/core/'),
    only('core/'),
    only('sdk/', 'generated/client/'),
    without('dialects/', 'express', 'typeorm', 'pg'),
    without('core/', '[^/]+'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};

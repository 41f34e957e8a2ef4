/** Ways out of Node, each the body of an async function that fails where it is held, or answers nothing. `there` is what the test tells. */
export const JAVASCRIPT_ESCAPES: Record<string, string> = {
  'a file of the host': `return fs.readFileSync(there.file)`,
  'a file of the host, by a binding of Node': `return process.binding('fs') && fs.openSync(there.file)`,
  'a file of the host, by a thread': `return thread("(await import('node:fs')).readFileSync(" + JSON.stringify(there.file) + ")")`,
  'a file of the host, by WASI': `const { WASI } = await import('node:wasi'); return fs.readFileSync(there.file) && new WASI({ version: 'preview1', preopens: { '/': '/' } })`,
  "the service's own files": `return createRequire(there.package)(there.package)`,
  'a file in /tmp': `fs.writeFileSync('/tmp/latchkey-probe', 'x'); fs.unlinkSync('/tmp/latchkey-probe'); return true`,
  'a file in /dev/shm': `fs.writeFileSync('/dev/shm/latchkey-probe', 'x'); fs.unlinkSync('/dev/shm/latchkey-probe'); return true`,
  'a report of Node': `return process.report.writeReport('/tmp/latchkey-probe') && fs.unlinkSync('/tmp/latchkey-probe') === undefined && fs.statSync('/var')`,
  'TCP on loopback': `return once(net.connect(there.tcpPort, '127.0.0.1'), 'connect')`,
  'TCP on loopback, by a thread': `return thread("new Promise(async (yes, no) => (await import('node:net')).connect(" + there.tcpPort + ", '127.0.0.1').once('connect', yes).once('error', no))")`,
  'HTTP on loopback': `return (await fetch(there.httpUrl)).text()`,
  'a listener of its own': `const server = net.createServer().listen(0, '127.0.0.1'); await once(server, 'listening'); server.close(); return true`,
  UDP: `const socket = dgram.createSocket('udp4'); socket.bind(0); await once(socket, 'listening'); socket.close(); return true`,
  'a Unix socket in a file': `return once(net.connect(there.unixSocket), 'connect')`,
  'an abstract Unix socket': `return once(net.connect('\\0' + there.abstractSocket), 'connect')`,
  'another program': `return childProcess.execFileSync('/bin/true') && true`,
  'a shell': `return childProcess.execSync('echo x')`,
  'another Node': `return childProcess.spawnSync(process.execPath, ['-e', '0']).status === 0`,
  'a child that listens': `const child = childProcess.fork('/dev/null'); await once(child, 'exit'); return true`,
  'a file of the process of the service': `return fs.statSync('/proc/' + there.service + '/cmdline')`,
  'the inspector': `const inspector = await import('node:inspector'); inspector.open(0, '127.0.0.1'); const url = inspector.url(); inspector.close(); return url`,
  'the name of the host': `return os.hostname() === there.host`,
  'the addresses of the host': `return Object.keys(os.networkInterfaces()).length > 0`,
};

/** A program that tries them all, told on standard input what there is, and says of each what came of it. */
export const JAVASCRIPT_PROBES = `
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
if (process.getuid() === 0) process.exit(1);
let text = '';
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
const there = JSON.parse(text);
const AsyncFunction = (async () => {}).constructor;
process.on('uncaughtException', () => {});

async function thread(source) {
  const worker = new Worker('(async () => ' + source + ')().then(() => process.exit(0), () => process.exit(1))', { eval: true });
  const [exitCode] = await once(worker, 'exit');
  return exitCode === 0;
}

const outcomes = {};
for (const [name, escape] of Object.entries(there.escapes)) {
  const names = { there, fs, net, os, dgram, once, childProcess, createRequire, thread };
  const tried = Promise.race([
    new AsyncFunction(...Object.keys(names), escape)(...Object.values(names)),
    new Promise((_, reject) => setTimeout(reject, 2000, new Error('no answer')).unref()),
  ]);
  outcomes[name] = await tried.then((answer) => (answer ? 'reached' : 'held'), (error) => 'held: ' + (error.code ?? error.message));
}
console.log(JSON.stringify(outcomes));
process.exit(0);
`;

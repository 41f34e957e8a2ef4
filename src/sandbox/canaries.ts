import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** What no program may reach: each value is found nowhere else. */
export interface Canaries {
  /** A file that everybody may read. */
  filePath: string;
  fileValue: string;
  /** A variable in the environment of the service. */
  variableName: string;
  variableValue: string;
  /** Of a listener on loopback. */
  port: number;
  /** How often somebody has connected to it. */
  connections(): number;
  remove(): Promise<void>;
}

/** Sets them out. */
export async function setCanaries(): Promise<Canaries> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'latchkey-canary-'));
  const [filePath, fileValue] = [path.join(folder, 'canary'), randomUUID()];
  await fs.chmod(folder, 0o755);
  await fs.writeFile(filePath, fileValue, { mode: 0o644 });
  const [variableName, variableValue] = [`CANARY_${randomUUID().replaceAll('-', '')}`, randomUUID()];
  process.env[variableName] = variableValue;
  let connections = 0;
  const listener = net.createServer((socket) => {
    connections += 1;
    socket.on('error', () => {}).destroy();
  });
  const remove = async () => {
    delete process.env[variableName];
    await new Promise((resolve) => listener.close(resolve));
    await fs.rm(folder, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(0, '127.0.0.1', resolve));
  } catch (error) {
    await remove();
    throw error;
  }
  const { port } = listener.address() as net.AddressInfo;
  return { ...{ filePath, fileValue, variableName, variableValue, port }, connections: () => connections, remove };
}

import net, { type AddressInfo } from 'node:net';

/** Stands between a client and a server, and can stop forwarding without closing anything: what a lost network looks like. */
export interface TcpProxy {
  port: number;
  stall(): void;
  /** Goes on where it stopped. */
  letGo(): void;
  /** Forwards what is new; the connections that there were stay as they are. */
  letNewOnesThrough(): void;
  close(): Promise<void>;
}

/** @param change what the server sends may be changed on its way. */
export async function startTcpProxy(to: { host: string; port: number }, change = (sent: Buffer) => sent): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  let isStalled = false;
  const server = net.createServer((client) => {
    const upstream = net.connect(to);
    client.on('data', (sent) => void upstream.write(sent));
    upstream.on('data', (sent) => void client.write(change(sent)));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      if (isStalled) socket.pause();
      socket.on('error', () => {}).on('close', () => void (sockets.delete(socket), other.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    letGo() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    letNewOnesThrough: () => void (isStalled = false),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

import net from 'node:net';

/** A connection to a server, byte by byte. */
export interface RawConnection {
  socket: net.Socket;
  /** What has come up to now. */
  received(): string;
  /** All that came, once the server has closed. */
  closed: Promise<string>;
}

/** Opens a connection, and sends these bytes first. */
export function connectRaw(url: string, bytes: string | Buffer = '', options: { reads?: boolean } = {}): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  let text = '';
  if (options.reads !== false) socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('error', () => {}); // a reset is a way of closing, too
  if (bytes.length > 0) socket.write(bytes);
  const closed = new Promise<string>((resolve) => {
    const end = () => (socket.destroy(), resolve(text));
    socket.once('end', end).once('close', end);
  });
  return { socket, received: () => text, closed };
}

/** Sends bytes, and waits until the server closes. */
export function exchangeRaw(url: string, bytes: string | Buffer): Promise<string> {
  return connectRaw(url, bytes).closed;
}

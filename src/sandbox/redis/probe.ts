import { connect, createServer } from 'node:net';

const ANSWER_MS = 1000;

/**
 * The process id of the Redis that listens there and is ready for work; null when there is none, or
 * it is still reading its data.
 */
export function redisPidAt(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\nINFO server\r\n'));
    const end = (pid: number | null): void => {
      socket.destroy();
      resolve(pid);
    };
    socket.setTimeout(ANSWER_MS, () => end(null));
    socket.on('error', () => end(null));
    socket.on('close', () => end(null));
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      const [, pid] = /^\+PONG[^]*process_id:(\d+)\r/.exec(heard) ?? [];
      if (pid !== undefined) end(Number(pid));
      else if (heard.startsWith('-')) end(null);
    });
  });
}

/** A port that nobody listens on now. Another may take it before you do. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

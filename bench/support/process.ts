import type { Server } from 'node:http';

/** Tells whoever started this process where it listens, and ends it when asked. */
export function listening(server: Server): void {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  process.stdout.write(`listening ${address.port}\n`);
  process.once('SIGTERM', () => process.exit(0));
}

import { createServer } from 'node:net';
import { listen } from '../../src/sandbox/processes.js';

/** Systems give out ports above by themselves, also where a cluster's second port is, which is 10 000 higher. */
const [LOWEST, HIGHEST] = [10_500, 22_000];

/** A port that is free, and that nobody is given by chance while its server is away. */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await listen(server, port);
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

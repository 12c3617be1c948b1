import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { Duplex } from 'node:stream';

/** Remembers which connections came about: on any other, not a byte of a request can have left. */
export class Connections {
  private readonly open = new WeakSet<Duplex>();

  /** True unless this connection never came about. */
  wasOpen(socket: unknown): boolean {
    return !(socket instanceof Duplex) || this.open.has(socket);
  }

  watch(socket: Duplex | null | undefined, event: 'connect' | 'secureConnect'): void {
    socket?.once(event, () => this.open.add(socket));
  }
}

type OnSocket = (err: Error | null, stream: Duplex) => void;

class WatchedHttpAgent extends HttpAgent {
  constructor(
    private readonly connections: Connections,
    keepAlive: boolean,
  ) {
    super({ keepAlive });
  }

  override createConnection(options: ClientRequestArgs, callback?: OnSocket): Duplex | null | undefined {
    const socket = super.createConnection(options, callback);
    this.connections.watch(socket, 'connect');
    return socket;
  }
}

class WatchedHttpsAgent extends HttpsAgent {
  constructor(
    private readonly connections: Connections,
    keepAlive: boolean,
  ) {
    super({ keepAlive });
  }

  override createConnection(options: RequestOptions, callback?: OnSocket): Duplex | null | undefined {
    const socket = super.createConnection(options, callback);
    this.connections.watch(socket, 'secureConnect');
    return socket;
  }
}

export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  destroy(): void;
}

/** Opens nothing yet. */
export function createAgents(connections: Connections, keepAlive: boolean): Agents {
  const httpAgent = new WatchedHttpAgent(connections, keepAlive);
  const httpsAgent = new WatchedHttpsAgent(connections, keepAlive);
  return {
    httpAgent,
    httpsAgent,
    destroy: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

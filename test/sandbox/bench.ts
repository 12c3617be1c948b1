import { Agent } from 'node:http';
import { create, type AxiosResponse } from 'axios';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import type { SandboxOptions } from '../../src/sandbox/world.js';

/** A sandbox with a partner (P1: B1, B2) and the Région (R: R1), and a plain HTTP client that knows nothing of OBF. */
export interface Bench {
  readonly sandbox: Sandbox;
  get(path: string, clientId?: string): Promise<AxiosResponse>;
  post(path: string, body: unknown, clientId?: string): Promise<AxiosResponse>;
  put(path: string, body: unknown, clientId?: string): Promise<AxiosResponse>;
  askToken(clientId: string, secret?: string): Promise<AxiosResponse>;
}

export const secretOf = (clientId: string): string => `secret_${clientId}`;

export async function openBench(options: SandboxOptions = {}): Promise<Bench> {
  const sandbox = await startSandbox(options);
  for (const id of ['P1', 'R']) sandbox.addClient({ id, secret: secretOf(id), name: `Organisme ${id}` });
  for (const id of ['B1', 'B2']) sandbox.addBadge({ clientId: 'P1', id, name: `Badge ${id}` });
  sandbox.addBadge({ clientId: 'R', id: 'R1', name: 'Communiquer : je pratique' });
  return benchOf(sandbox);
}

function benchOf(sandbox: Sandbox): Bench {
  const http = create({
    baseURL: sandbox.url,
    validateStatus: () => true,
    proxy: false,
    httpAgent: new Agent({ keepAlive: false }),
  });
  const tokens = new Map<string, string>();
  const askToken: Bench['askToken'] = (clientId, secret = secretOf(clientId)) =>
    http.post(
      '/v2/client/oauth2/token',
      new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }),
    );
  const auth = async (clientId: string | undefined) => {
    if (clientId === undefined) return {};
    const token = tokens.get(clientId) ?? String((await askToken(clientId)).data.access_token);
    tokens.set(clientId, token);
    return { headers: { Authorization: `Bearer ${token}` } };
  };
  return {
    sandbox,
    askToken,
    get: async (path, clientId) => http.get(path, await auth(clientId)),
    post: async (path, body, clientId) => http.post(path, body, await auth(clientId)),
    put: async (path, body, clientId) => http.put(path, body, await auth(clientId)),
  };
}

/** An issue body that OBF accepts. */
export const issueBody = (...emails: string[]) => ({
  recipient: emails.map((email) => ({ email, name: 'Somebody' })),
  issued_on: 1_740_787_200,
  api_consumer_id: 'palier',
  send_email: true,
  show_report: true,
  log_entry: { award: 'communiquer-1' },
});

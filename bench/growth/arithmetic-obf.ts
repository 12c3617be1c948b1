import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';

/** An OBF that remembers nothing and answers at once: what it has issued follows from a number. */
export interface ArithmeticObf {
  readonly url: string;
  /** Calls so far, tokens apart. */
  calls(): number;
  close(): Promise<void>;
}

export interface Issued {
  /** The one client that has issued anything. */
  readonly clientId: string;
  readonly badges: readonly string[];
  readonly events: number;
  readonly recipientsEach: number;
  readonly earners: number;
}

const PAGE = 1000;

/** So many assertions would not fit into the sandbox's memory, and need not: they are worked out when asked for. */
export async function openArithmeticObf(issued: Issued): Promise<ArithmeticObf> {
  let calls = 0;
  const server = createServer((req, res) => {
    if (req.method === 'POST') return void req.resume().on('end', () => answer(res, TOKEN));
    calls += 1;
    answer(res, replyTo(issued, new URL(req.url ?? '/', 'http://obf')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: urlOf(server), calls: () => calls, close: () => closed(server) };
}

const TOKEN = { access_token: 'token', expires_in: 86_400, token_type: 'Bearer' };

function replyTo(issued: Issued, { pathname, searchParams }: URL): unknown {
  const [, , kind, client, rest] = pathname.split('/');
  const offset = Number(searchParams.get('offset') ?? 0);
  if (kind === 'client') return { id: client, name: client, issuing_limit: null };
  const none = client !== issued.clientId;
  if (rest === 'recipient')
    return none ? NOTHING : recipientsOf(issued, searchParams.get('event_id') ?? '', offset);
  return none ? NOTHING : eventsOf(issued, offset);
}

const NOTHING = { result: [], total: 0 };
const ISSUED_ON = 1_760_000_000;

function eventsOf({ events, badges, recipientsEach }: Issued, offset: number): unknown {
  const result = Array.from({ length: Math.max(0, Math.min(PAGE, events - offset)) }, (_, at) => ({
    id: `E${offset + at}`,
    badge_id: badges[(offset + at) % badges.length],
    issued_on: ISSUED_ON,
    expires_on: null,
    recipient_count: recipientsEach,
    ctime: ISSUED_ON,
  }));
  return { result, total: events };
}

function recipientsOf({ recipientsEach, earners }: Issued, eventId: string, offset: number): unknown {
  const event = Number(eventId.slice(1));
  const result = Array.from({ length: Math.max(0, recipientsEach - offset) }, (_, at) => ({
    event_id: eventId,
    assertion_id: `A${event}x${at}`,
    email: `personne.${(event * recipientsEach + at) % earners}@example.org`,
    name: 'Personne',
    issued_on: ISSUED_ON,
    expires_on: null,
    revoked: false,
  }));
  return { result, total: recipientsEach };
}

function answer(res: ServerResponse, body: unknown): void {
  res.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
}

function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server listens on no port');
  return `http://127.0.0.1:${address.port}`;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  const over = once(server, 'close');
  server.close();
  await over;
}

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** An OBF that remembers nothing and answers at once: what it has issued follows from a number. */
export interface ArithmeticObf {
  readonly url: string;
  /** Calls so far, tokens apart. */
  calls(): number;
  close(): Promise<void>;
}

export interface Issued {
  /** Those that have issued anything: of each as many events, one badge after the other. */
  readonly clients: readonly string[];
  readonly badgesEach: number;
  readonly eventsEach: number;
  /** Of each event. */
  readonly recipients: number;
  readonly earners: number;
}

/** The ids of a client's badges. */
export const badgesOf = (client: string, { badgesEach }: Issued): readonly string[] =>
  Array.from({ length: badgesEach }, (_, at) => `${client}B${at}`);

/** So many assertions would not fit into the sandbox's memory, and need not: they are worked out when asked for. */
export async function openArithmeticObf(issued: Issued): Promise<ArithmeticObf> {
  let calls = 0;
  const server = createServer((req, res) => {
    if (req.method === 'POST') return void req.resume().on('end', () => answer(res, TOKEN));
    calls += 1;
    answer(res, replyTo(issued, new URL(req.url ?? '/', 'http://obf')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: () => calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const TOKEN = { access_token: 'token', expires_in: 86_400, token_type: 'Bearer' };
const ISSUED_ON = 1_760_000_000;
/** The most rows of a page, whatever is asked for. */
const PAGE = 1000;

/** `/v2/<kind>/<client>[/recipient]` */
function replyTo(issued: Issued, { pathname, searchParams }: URL): unknown {
  const [, , kind, client = '', rest] = pathname.split('/');
  if (kind === 'client') return { id: client, name: client, issuing_limit: null };
  const at = issued.clients.indexOf(client);
  if (kind !== 'event' || at < 0) return { result: [], total: 0 };
  const { eventsEach, recipients } = issued;
  const firstEvent = at * eventsEach;
  const pageOf = (from: number, length: number, rowAt: (at: number) => unknown): unknown => {
    const offset = Number(searchParams.get('offset') ?? 0);
    const limit = Math.min(PAGE, Number(searchParams.get('limit') ?? PAGE));
    const rows = Math.max(0, Math.min(limit, length - offset));
    return { result: Array.from({ length: rows }, (_, row) => rowAt(from + offset + row)), total: length };
  };
  if (rest !== 'recipient') return pageOf(firstEvent, eventsEach, (event) => eventRow(issued, client, event));
  const asked = searchParams.get('event_id');
  const [first, length] = asked === null ? [firstEvent, eventsEach] : [Number(asked.slice(1)), 1];
  return pageOf(first * recipients, length * recipients, (row) => recipientRow(issued, row));
}

function eventRow(issued: Issued, client: string, event: number): unknown {
  return {
    id: `E${event}`,
    badge_id: badgesOf(client, issued)[event % issued.badgesEach],
    issued_on: ISSUED_ON,
    expires_on: null,
    recipient_count: issued.recipients,
    ctime: ISSUED_ON,
    mtime: ISSUED_ON,
  };
}

/** @param at among the recipients of all events of all clients */
const recipientRow = ({ recipients, earners }: Issued, at: number): unknown => ({
  event_id: `E${Math.floor(at / recipients)}`,
  assertion_id: `A${at}`,
  email: `personne.${at % earners}@example.org`,
  name: 'Personne',
  issued_on: ISSUED_ON,
  expires_on: null,
  revoked: false,
});

function answer(res: ServerResponse, body: unknown): void {
  res.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
}

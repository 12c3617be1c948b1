import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { deliver, postNotice, postPassport, signedNotice } from '../../src/sandbox/webhooks.js';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const CONTENT = { type: 'badge.issued', client_id: 'P1', event_id: 'E1' };

interface Post {
  readonly headers: Record<string, string>;
  readonly body: string;
}
let server: Server;
let url: string;
let posts: Post[];

beforeEach(async () => {
  posts = [];
  server = createServer((req, res) => {
    void keep(req).finally(() => res.writeHead(202).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/webhooks/obf`;
});
const keep = async (req: IncomingMessage): Promise<void> => {
  posts.push({ headers: { ...req.headers } as Record<string, string>, body: await text(req) });
};
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('a signed notice verifies with its secret and with no other', async () => {
  expect(await postNotice(url, signedNotice(SECRET, CONTENT, Date.now))).toBe(202);
  const [post] = posts;
  expect(new Webhook(SECRET).verify(post?.body ?? '', post?.headers ?? {})).toEqual({
    type: 'badge.issued',
    data: { client_id: 'P1', event_id: 'E1' },
  });
  const other = new Webhook(Buffer.alloc(24, 8).toString('base64'));
  expect(() => other.verify(post?.body ?? '', post?.headers ?? {})).toThrow(WebhookVerificationError);
});

test('a clock that is late makes a stale one', async () => {
  await postNotice(
    url,
    signedNotice(SECRET, CONTENT, () => Date.now() - 400_000),
  );
  expect(() => new Webhook(SECRET).verify(posts[0]?.body ?? '', posts[0]?.headers ?? {})).toThrow('too old');
});

test('the push to a Passport', async () => {
  await postPassport(url, { key: 'k', secret: 's:1' }, { 'a@example.org': ['http://obf/1'] });
  expect(posts).toMatchObject([
    {
      headers: {
        authorization: `Basic ${Buffer.from('k:s:1').toString('base64')}`,
        'content-type': 'application/json',
      },
      body: '{"a@example.org":["http://obf/1"]}',
    },
  ]);
});

test('twice, dropped, reordered; a repeat is the same notice', async () => {
  const notices = ['E1', 'E2', 'E3'].map((event_id) =>
    signedNotice(SECRET, { ...CONTENT, event_id }, Date.now),
  );
  const statuses = await deliver(url, notices, { times: 2, drop: (index) => index === 1, order: 'reversed' });
  expect(statuses).toEqual([202, 202, 202, 202]);
  expect(posts.map(({ body }) => JSON.parse(body).data.event_id)).toEqual(['E3', 'E3', 'E1', 'E1']);
  expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  await deliver(url, notices, { order: 'at once' });
  expect(posts).toHaveLength(7);
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';
import type { ProviderSettings } from './provider.js';

/**
 * A real OpenID provider, in a process of its own: it says its port, waits for one line of settings, and
 * says that it is ready.
 */
async function main(): Promise<void> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`port ${port}\n`);
  const [line] = (await once(createInterface({ input: process.stdin }), 'line')) as [string];
  const answer = providerOf(`http://127.0.0.1:${port}`, JSON.parse(line) as ProviderSettings).callback();
  server.on('request', (req, res) => void answer(req, res));
  process.stdout.write('ready\n');
}

function providerOf(issuer: string, { redirectUrl, signOutUrl, people }: ProviderSettings): Provider {
  const client = (id: string, more: object = {}) => ({
    client_id: id,
    client_secret: `secret-of-${id}`,
    redirect_uris: [redirectUrl],
    post_logout_redirect_uris: [signOutUrl],
    token_endpoint_auth_method: 'client_secret_post' as const,
    ...more,
  });
  const provider = new Provider(issuer, {
    clients: [
      client('palier'),
      client('signed', { userinfo_signed_response_alg: 'RS256' }),
      client('header', { token_endpoint_auth_method: 'client_secret_basic' }),
      client('evil'),
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    features: { jwtUserinfo: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  });
  // Somebody in the middle, who has the token made for another request of his own.
  provider.use(async (ctx, next) => {
    if (ctx.path === '/auth' && ctx.query['client_id'] === 'evil')
      ctx.query = { ...ctx.query, nonce: 'another' };
    await next();
  });
  return provider;
}

await main();

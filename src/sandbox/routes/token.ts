import { z } from 'zod';
import { ok, refused, throttled, type ApiRequest, type Handler } from '../exchange.js';

const form = z.object({
  grant_type: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

/** OAuth 2.0 client credentials (RFC 6749, section 4.4), in the body or as HTTP Basic. */
export const giveToken: Handler = (request, { world, tokens }) => {
  const body = form.safeParse(request.body).data;
  if (body?.grant_type !== 'client_credentials')
    return refused(400, 'grant_type must be "client_credentials", in a form');
  const { id, secret } = basicOf(request) ?? { id: body.client_id ?? '', secret: body.client_secret ?? '' };
  if (id === '' || world.client(id)?.secret !== secret)
    return refused(403, 'unknown client, or wrong secret');
  const grant = tokens.grant(id);
  if (!grant.granted) return throttled(grant.waitMs, 'one token per client every ten seconds');
  return ok({ access_token: grant.token, expires_in: grant.expiresInS, token_type: 'Bearer' });
};

/** Who asks for a token, before anything is checked; null when nobody says. */
export function askingClient(request: Pick<ApiRequest, 'body' | 'authorization'>): string | null {
  return basicOf(request)?.id ?? form.safeParse(request.body).data?.client_id ?? null;
}

function basicOf({
  authorization,
}: Pick<ApiRequest, 'authorization'>): { id: string; secret: string } | null {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString();
  const at = pair.indexOf(':');
  return at < 0 ? null : { id: pair.slice(0, at), secret: pair.slice(at + 1) };
}

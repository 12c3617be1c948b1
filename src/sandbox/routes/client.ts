import { ok, refused, type Handler } from '../exchange.js';

export const ping: Handler = () => ok({ success: true });

/** No sub-organisations here. */
export const aliases: Handler = () => ok({ result: [] });

export const client: Handler = (request, { world }) => {
  const found = world.client(request.param('client'));
  if (found === null) return refused(404, 'no such client');
  const host = `${found.id.toLowerCase()}.example`;
  return ok({
    id: found.id,
    name: found.name,
    email: `contact@${host}`,
    url: `https://${host}/`,
    description: '',
    image: '',
    tier: 'pro',
    paid_until: null,
    aliases: 0,
    issuing_limit: world.quota.left(found.id),
    country: 'FR',
    type: 'other',
    reply_to: null,
    billing_email: null,
    vat_id: '',
    searchable: true,
    verified: true,
    ctime: found.ctimeS,
    mtime: found.ctimeS,
  });
};

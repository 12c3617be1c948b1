import { z } from 'zod';
import { ok, refused, type Handler } from '../exchange.js';
import { reading } from './list.js';

const revokeBody = z.strictObject({ recipient: z.array(z.string()).min(1) });

export const revoke: Handler = (request, { world }) => {
  const found = world.event(request.param('event'));
  if (found?.badge.clientId !== request.param('client')) return refused(404, 'no such event');
  return reading(revokeBody, request.body, ({ recipient }) => {
    const count = world.revoke(found, recipient);
    return ok({ success: true, message: '', resource_type: null, resource_id: null, count });
  });
};

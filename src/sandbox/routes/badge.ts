import { z } from 'zod';
import { ok, refused, type Handler, type Obf } from '../exchange.js';
import type { Badge } from '../records.js';
import { pageOfRows, paging, reading } from './list.js';

const listQuery = z.strictObject({
  ...paging,
  draft: z.enum(['0', '1', 'true', 'false']).default('0'),
  external: z.enum(['0', '1', 'true', 'false']).optional(),
});

export const badges: Handler = (request, obf) =>
  reading(listQuery, request.query, (query) => {
    const draft = query.draft === '1' || query.draft === 'true';
    const clientId = request.param('client');
    const all = obf.lists.read('badges', { clientId, query: request.query }, () => obf.world.badges());
    const isAsked = (badge: Badge): boolean => badge.clientId === clientId && badge.draft === draft;
    const { page } = pageOfRows(all, isAsked, query);
    // OBF's badge list gives no total.
    return ok({ result: page.map((badge) => obf.lists.row('badges', badge.id, rowOf(badge, obf))) });
  });

export const badge: Handler = (request, obf) => {
  const found = obf.world.badge(request.param('client'), request.param('badge'));
  if (found === null) return refused(404, 'no such badge');
  return ok({
    ...badgeOf(found, obf),
    category: [],
    intent: null,
    client_alias_id: [],
    email_message: null,
    expires: found.expiresMonths,
    draft: found.draft,
    ctime: found.ctimeS,
    mtime: found.ctimeS,
  });
};

export const imageOf = (found: Badge, { url }: Obf): string => `${url}/v1/badge/_/${found.id}.png`;

/** A badge as one badge and one event have it. */
export const badgeOf = (found: Badge, obf: Obf) => ({
  id: found.id,
  image: imageOf(found, obf),
  primary_language: 'fr',
  content: [
    {
      language: 'fr',
      name: found.name,
      description: found.name,
      criteria: '',
      tag: [],
      alignment: null,
      achievement_type: null,
      credits_available: null,
      field_of_study: null,
      human_code: null,
      specialization: null,
    },
  ],
  creator: null,
});

const rowOf = (found: Badge, obf: Obf) => ({
  id: found.id,
  name: found.name,
  description: found.name,
  image: imageOf(found, obf),
  primary_language: 'fr',
  languages: ['fr'],
  category: [],
  tag: [],
  client_alias_id: [],
  creator_id: null,
  draft: found.draft,
  ctime: found.ctimeS,
  mtime: found.ctimeS,
});

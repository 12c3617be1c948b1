import { z } from 'zod';
import { ok, refused, type Handler } from '../exchange.js';
import { copiesOf, isListed, type IssuingEvent } from '../records.js';
import { badgeOf } from './badge.js';
import { eventFilters, pageOfRows, reading } from './list.js';

const listQuery = z.strictObject({ ...eventFilters, api_consumer_id: z.string().optional() });
type Query = z.output<typeof listQuery>;

/** Events of a client, in the order in which OBF recorded them. */
export const events: Handler = (request, { world, lists }) =>
  reading(listQuery, request.query, (query) => {
    const clientId = request.param('client');
    const asked = { clientId, query: request.query };
    const all = lists.read('events', asked, () => world.eventsOf(clientId));
    const { page, total } = pageOfRows(all, (event) => matches(event, query), query);
    return ok({ result: page.map((event) => lists.row('events', event.id, rowOf(event))), total });
  });

/** One event. It names its badge as `badge.id` and not as `badge_id`, as in the reply recorded from OBF. */
export const event: Handler = (request, obf) => {
  const found = obf.world.event(request.param('event'));
  if (found?.badge.clientId !== request.param('client')) return refused(404, 'no such event');
  const { badge_id: _badgeId, ...row } = rowOf(found);
  const reply = {
    ...row,
    badge: badgeOf(found.badge, obf),
    email_message: found.emailMessage ?? null,
    log_entry: found.logEntry,
  };
  return ok(obf.lists.row('event', found.id, reply));
};

/** Whether an event meets the filters that lists of events and of recipients share. */
export const inFilters = (
  found: IssuingEvent,
  { badge_id, begin, end }: Pick<Query, 'badge_id' | 'begin' | 'end'>,
): boolean =>
  (badge_id === undefined || found.badge.id === badge_id) &&
  (begin === undefined || found.ctimeS >= begin) &&
  (end === undefined || found.ctimeS <= end);

const matches = (found: IssuingEvent, query: Query): boolean =>
  inFilters(found, query) &&
  (query.api_consumer_id === undefined || found.apiConsumerId === query.api_consumer_id) &&
  (query.email === undefined || hasRecipient(found, query.email));

const hasRecipient = (found: IssuingEvent, email: string): boolean =>
  copiesOf(found, [email]).some((assertion) => isListed(assertion, true));

const rowOf = (found: IssuingEvent) => ({
  id: found.id,
  name: found.badge.name,
  client_alias_id: null,
  badge_id: found.badge.id,
  expires_on: found.expiresOnS,
  issued_on: found.issuedOnS,
  recipient_count: found.assertions.length,
  api_consumer_id: found.apiConsumerId,
  earnable_application_id: null,
  ctime: found.ctimeS,
  mtime: found.mtimeS,
});

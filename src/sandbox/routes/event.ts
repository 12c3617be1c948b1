import { z } from 'zod';
import { ok, refused, type Handler } from '../exchange.js';
import { sameAddressForm, type IssuingEvent } from '../world.js';
import { badgeOf } from './badge.js';
import { eventFilters, pageOfRows, reading } from './list.js';

const listQuery = z.strictObject({ ...eventFilters, api_consumer_id: z.string().optional() });
type Query = z.output<typeof listQuery>;

/** Events of a client, oldest first: in the order in which OBF recorded them. */
export const events: Handler = (request, { world }) =>
  reading(listQuery, request.query, (query) => {
    const found = world.eventsOf(request.param('client')).filter((event) => matches(event, query));
    return ok({ result: pageOfRows(found.map(rowOf), query), total: found.length });
  });

/** One event. It names its badge as `badge.id` and not as `badge_id`, as in the reply recorded from OBF. */
export const event: Handler = (request, obf) => {
  const found = obf.world.event(request.param('event'));
  if (found?.badge.clientId !== request.param('client')) return refused(404, 'no such event');
  const { badge_id: _badgeId, recipient_count: _count, ...row } = rowOf(found);
  return ok({
    ...row,
    badge: badgeOf(found.badge, obf),
    email_message: found.emailMessage ?? null,
    log_entry: found.logEntry,
  });
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
  found.assertions.some((assertion) => sameAddressForm(assertion.email) === sameAddressForm(email));

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
  // Whether revoking moves OBF's mtime is unknown; here it does not, so that nobody relies on it.
  mtime: found.ctimeS,
});

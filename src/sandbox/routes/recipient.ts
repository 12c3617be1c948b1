import { z } from 'zod';
import { ok, type Handler } from '../exchange.js';
import { sameAddressForm, type IssuingEvent, type Issued, type World } from '../world.js';
import { inFilters } from './event.js';
import { eventFilters, pageOfRows, reading } from './list.js';

const listQuery = z.strictObject({ ...eventFilters, event_id: z.string().optional() });
type Query = z.output<typeof listQuery>;

/** Recipients of a client's events: by event, oldest first, and in each as the issuer gave them. */
export const recipients: Handler = (request, { world, url }) =>
  reading(listQuery, request.query, (query) => {
    const all = eventsAsked(world, request.param('client'), query).flatMap((event) => event.assertions);
    const found = all.filter((assertion) => matches(assertion, query));
    const rows = pageOfRows(found, query).map((assertion) => rowOf(assertion, url));
    return ok({ result: rows, total: found.length });
  });

/** One of thousands is found at once. */
function eventsAsked(world: World, clientId: string, { event_id: id }: Query): readonly IssuingEvent[] {
  if (id === undefined) return world.eventsOf(clientId);
  const event = world.event(id);
  return event?.badge.clientId === clientId ? [event] : [];
}

const matches = (assertion: Issued, query: Query): boolean =>
  inFilters(assertion.event, query) &&
  (query.email === undefined || sameAddressForm(assertion.email) === sameAddressForm(query.email));

const rowOf = (assertion: Issued, url: string) => ({
  event_id: assertion.event.id,
  assertion_id: assertion.id,
  email: assertion.email,
  name: assertion.name,
  receive_url: `${url}/c/receive?tk=${assertion.id}`,
  assertion_json_url: `${url}/obv3/credentials/${assertion.id}.json`,
  received: false,
  in_passport: false,
  pdf_downloaded: false,
  issued_on: assertion.event.issuedOnS,
  expires_on: assertion.expiresOnS,
  revoked: assertion.revoked,
});

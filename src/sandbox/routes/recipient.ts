import { z } from 'zod';
import { ok, type Handler } from '../exchange.js';
import { sameAddressForm, type Issued } from '../world.js';
import { inFilters } from './event.js';
import { eventFilters, pageOfRows, reading } from './list.js';

const listQuery = z.strictObject({ ...eventFilters, event_id: z.string().optional() });
type Query = z.output<typeof listQuery>;

/** Recipients of a client's events: by event, oldest first, and in each as the issuer gave them. */
export const recipients: Handler = (request, { world, url }) =>
  reading(listQuery, request.query, (query) => {
    const all = world.eventsOf(request.param('client')).flatMap((event) => event.assertions);
    const found = all.filter((assertion) => matches(assertion, query));
    const rows = pageOfRows(found, query).map((assertion) => rowOf(assertion, url));
    return ok({ result: rows, total: found.length });
  });

const matches = (assertion: Issued, query: Query): boolean =>
  inFilters(assertion.event, query) &&
  (query.event_id === undefined || assertion.event.id === query.event_id) &&
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

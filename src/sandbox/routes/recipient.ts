import { z } from 'zod';
import { ok, type Handler } from '../exchange.js';
import { isListed, sameAddressForm, type Issued } from '../records.js';
import type { World } from '../world.js';
import { inFilters } from './event.js';
import { eventFilters, pageOfRows, reading } from './list.js';

const listQuery = z.strictObject({ ...eventFilters, event_id: z.string().optional() });
type Query = z.output<typeof listQuery>;

/** Recipients of a client's events, in the order in which OBF recorded them. */
export const recipients: Handler = (request, { world, lists, url }) =>
  reading(listQuery, request.query, (query) => {
    const clientId = request.param('client');
    const asked = { clientId, query: request.query };
    const all = lists.read('recipients', asked, () => copiesAsked(world, clientId, query));
    const { page, total } = pageOfRows(all, (assertion) => matches(assertion, query), query);
    const rows = page.map((assertion) => lists.row('recipients', assertion.id, rowOf(assertion, url)));
    return ok({ result: rows, total });
  });

/** Those of one event of thousands are found at once. */
function copiesAsked(world: World, clientId: string, { event_id: id }: Query): readonly Issued[] {
  if (id === undefined) return world.assertionsOf(clientId);
  const event = world.event(id);
  return event?.badge.clientId === clientId ? event.assertions : [];
}

const matches = (assertion: Issued, query: Query): boolean =>
  isListed(assertion, query.event_id !== undefined) &&
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

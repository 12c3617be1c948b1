import { create, type AxiosInstance } from 'axios';
import { z } from 'zod';
import type { EventRecord, Sandbox } from '../../src/sandbox/types.js';
import { countCalls, secondsAt } from './counting.js';
import type { Counted } from './types.js';

/** Under whose name, with which key. */
export interface Login {
  readonly clientId: string;
  readonly secret: string;
}

const rows = z.object({ result: z.array(z.object({ email: z.string(), name: z.string() })) });
const token = z.object({ access_token: z.string() });
/** How many notices it works on at a time: the count does not depend on it. */
const TOGETHER = 16;

/**
 * What one writes in an hour, really run against the same OBF: for each notice the event and its recipients are
 * read; for each recipient, OBF is asked whether they hold the award, and the award is issued. (Whether it is due
 * is left out: here it always is.) It keeps to no rate; `seconds` is what its calls take at `rps`.
 */
export async function straightforward(
  sandbox: Sandbox,
  partner: Login,
  region: Login,
  events: readonly EventRecord[],
  badgeId: string,
  rps: number,
): Promise<Counted> {
  const before = sandbox.calls.length;
  const theirs = await open(sandbox.url, partner);
  const ours = await open(sandbox.url, region);
  for (let at = 0; at < events.length; at += TOGETHER)
    await Promise.all(
      events
        .slice(at, at + TOGETHER)
        .map((event) => serve(theirs, ours, { partner, region, event, badgeId })),
    );
  const calls = sandbox.calls.slice(before);
  return countCalls(calls, secondsAt(rps, calls));
}

/** A partner's new events, asked for once. */
export async function pollOnce(url: string, partner: Login): Promise<void> {
  const http = await open(url, partner);
  await http.get(`/v2/event/${partner.clientId}`, { params: { begin: 0 } });
}

interface Work {
  readonly partner: Login;
  readonly region: Login;
  readonly event: EventRecord;
  readonly badgeId: string;
}

async function serve(theirs: AxiosInstance, ours: AxiosInstance, work: Work): Promise<void> {
  const { partner, region, event, badgeId } = work;
  await theirs.get(`/v2/event/${partner.clientId}/${event.id}`);
  const read = await theirs.get(`/v2/event/${partner.clientId}/recipient`, {
    params: { event_id: event.id },
  });
  for (const { email, name } of rows.parse(read.data).result) {
    const params = { email, badge_id: badgeId };
    const held = await ours.get(`/v2/event/${region.clientId}/recipient`, { params });
    if (rows.parse(held.data).result.length > 0) continue;
    await ours.post(`/v2/event/${region.clientId}/${badgeId}/issue`, {
      recipient: [{ email, name }],
      issued_on: Math.floor(Date.now() / 1000),
      api_consumer_id: 'straightforward',
      send_email: true,
      show_report: true,
      log_entry: {},
    });
  }
}

async function open(baseURL: string, { clientId, secret }: Login): Promise<AxiosInstance> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
  });
  const { data } = await create({ baseURL }).post<unknown>('/v2/client/oauth2/token', form);
  const headers = { Authorization: `Bearer ${token.parse(data).access_token}` };
  return create({ baseURL, headers });
}

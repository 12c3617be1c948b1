import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { createStateStore } from '../../src/scheme/state.js';
import { secondsOf } from '../../src/platform/clock.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { openHouse, parse, REGION, type House, type HouseOptions } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { signedIn, type Browser } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { textOf } from './support/text.js';

const SCHEME = `
scheme: Essai
competencies: { communiquer: { name: Communiquer }, organiser: { name: Organiser } }
awards:
  communiquer-1:
    { name: C1, competency: communiquer, level: 1, badge: R1, rule: { at_least: 2, of: { competency: communiquer } } }
  organiser-1:
    { name: O1, competency: organiser, level: 1, badge: R2, rule: { at_least: 1, of: { competency: organiser } } }
`;
const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme <un>
    secret_env: KEY_P1
    badges:
      - { id: A, competency: communiquer, level: 1 }
      - { id: B, competency: communiquer, level: 1 }
  - client_id: P2
    name: Organisme deux
    secret_env: KEY_P2
    badges: [{ id: O, competency: organiser, level: 1 }]
`;
const LOU = 'lou.martin@example.org';

let house: House;
let browser: Browser;
async function open(options: Partial<HouseOptions> = {}): Promise<void> {
  house = await openHouse({ scheme: SCHEME, partners: PARTNERS, ops: OPS_SETTINGS, ...options });
  browser = await signedIn(house.opsUrl, OPERATOR);
}
afterEach(() => house.close());

async function give(clientId: string, badgeId: string, recipients = [LOU]) {
  const event = house.issue({ clientId, badgeId, recipients });
  expect(await house.notify(event)).toBe(202);
  await house.idle();
  return event;
}
const home = async (who = browser) => textOf((await who.get('/ops')).html);

test('where all is well, it says so; what was given today and in 30 days stands in a chart and its table', async () => {
  await open();
  await give('P1', 'A');
  await give('P1', 'B');
  await give('P2', 'O', [LOU, 'ali@example.org']);
  expect(house.awards()).toHaveLength(3);
  const { html, status } = await browser.get('/ops');
  const text = textOf(html);
  expect(status).toBe(200);
  expect(text).toContain('Tout va bien.');
  expect(text).toContain('Communiquer, niveau 1 | 1 | 1');
  expect(text).toContain('Organiser, niveau 1 | 2 | 2');
  expect(html).toMatch(/<svg[^>]*role="img"/);
  expect(text).toContain('Organisme <un>');
  expect(html).not.toContain('Organisme <un>');
  expect(text).toMatch(/Avis à lire \| 0 \|/);
  expect(text).toMatch(/Portefeuilles à évaluer \| 0 \|/);
  expect(html).not.toMatch(/example\.org/);
});

test('what is wrong stands first, the worst before the rest, each with where it is mended', async () => {
  await open({ pace: { quota: { floor: 50, largeBatch: 100, freshMs: 0, maxAgeMs: 0 } } });
  await give('P1', 'A');
  const b = await give('P1', 'B');
  house.sandbox.revokeByHand(b.id, [LOU]);
  await house.notify(b, 'badge.revoked');
  await house.idle();
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
  await give('P2', 'O', ['ali@example.org']);
  const { news, queues, redis, prefix, clock } = backOf(house);
  await queues.awards.pause();
  await house.notify(house.issue({ clientId: 'P2', badgeId: 'O', recipients: [LOU] }));
  await until(async () => /1 badge dû attend\./.test(await home()), 'an award that waits');
  const longAgoS = secondsOf(clock) - 31 * 86_400;
  await redis.del(`${prefix}:news`);
  await news.seen(asClientId('P1'), { eventId: asEventId('E'), happenedS: longAgoS, atS: longAgoS });
  await redis.hset(`${prefix}:quota`, { left: 70, readMs: Date.now() });

  const html = (await browser.get('/ops')).html;
  const points = [...html.matchAll(/<li>(<span class="state.*?)<\/li>/gs)].map(([, one = '']) => one);
  expect(points.map((point) => textOf(point).replaceAll(/\s+/g, ' '))).toEqual([
    expect.stringContaining('À régler Les envois sont suspendus : 1 badge dû attend.'),
    expect.stringContaining('À régler 1 travail a échoué et n’avancera pas sans vous.'),
    expect.stringContaining('À regarder Le quota OBF de la Région s’épuise : Palier peut encore délivrer 20'),
    expect.stringContaining('À regarder Badges Région à examiner : 1.'),
    expect.stringContaining(
      'À regarder Organismes sans nouvelles depuis 30 jours : 2 (Organisme deux, Organisme <un>)',
    ),
  ]);
  expect(points.map((point) => /href="([^"]+)"/.exec(point)?.[1])).toEqual([
    '#maintenant',
    '/ops/echecs',
    '#maintenant',
    '#a-examiner',
    '/ops/organismes',
  ]);
  const earner = earnerKeyOf(house.pipelines[0].vault, LOU);
  expect(html).toContain(`href="/ops/personne/${earner}"`);
  expect(textOf(html)).not.toContain('Tout va bien');
  expect(html).not.toMatch(/example\.org|Organisme <un>/);
});

/** What the tests change behind the pages' back. */
const backOf = ({ pipelines: [{ news, queues, people, clock }] }: House) => ({
  news,
  queues,
  clock,
  ...people,
});

test('an operator resumes issuing from the page, and the badge leaves; a reader cannot', async () => {
  await open();
  await backOf(house).queues.awards.pause();
  await give('P1', 'A');
  const event = house.issue({ clientId: 'P1', badgeId: 'B', recipients: [LOU] });
  await house.notify(event);
  await until(async () => /1 badge dû attend/.test(await home()), 'an award that waits');
  expect(house.awards()).toEqual([]);
  const reader = await signedIn(house.opsUrl, READER);
  expect((await reader.get('/ops')).html).not.toContain('/ops/envois/relancer');
  expect((await reader.post('/ops/envois/relancer')).status).toBe(403);
  expect(await backOf(house).queues.awards.isPaused()).toBe(true);

  const reply = await browser.post('/ops/envois/relancer');
  expect([reply.status, reply.location]).toEqual([303, '/ops']);
  expect((await browser.follow(reply)).html).toContain('Les envois ont repris.');
  await until(() => house.awards().length > 0, 'the award in OBF');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
  const again = await browser.post('/ops/envois/relancer');
  expect((await browser.follow(again)).html).toContain('Les envois n’étaient pas suspendus.');
});

test('a wrong API key, and an OBF that does not answer, are named while they last', async () => {
  await open();
  await home();
  const [{ accounts, meter }] = house.pipelines;
  house.sandbox.fault({ route: 'POST token', clientId: 'P2', kind: 'status', status: 403, times: 1000 });
  const read = (client: string) =>
    accounts(asClientId(client))
      ?.event(asEventId('none'), AbortSignal.timeout(5000))
      .catch(() => undefined);
  await read('P2');
  await read('P1');
  house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 503, times: 1000 });
  for (let at = 0; at < 6; at += 1) await read('P1');
  await meter.flush();
  const text = await until(async () => {
    const shown = await home();
    return shown.includes('Une réponse sur deux') && shown;
  }, 'the counts of this hour');
  expect(text).toContain('OBF refuse la clé d’API de « Organisme deux »');
  expect(text).toMatch(/OBF ne répond pas bien : [67] appels sur \d+/);
  expect(text).toMatch(/Une réponse sur deux en moins de \| \d/);
  expect(text).not.toContain('OBF refuse la clé d’API de « Organisme <un> »');
});

test('changed rules that wait to be put into force, and an application that was stopped', async () => {
  await open();
  const [{ schemes }] = house.pipelines;
  const changed = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
  await schemes.start(changed);
  expect(await home()).toContain('Le barème a changé');
  const applying = { version: changed.version, only: null, suppressEmail: false, startedS: 1_700_000_000 };
  const { people, vault } = house.pipelines[0];
  await createStateStore(people.redis, `${people.prefix}:{scheme}:state`, vault).update((state) =>
    state === null ? state : { ...state, applying },
  );
  expect(await home()).toMatch(/La mise en vigueur du barème, commencée il y a .* n’est pas terminée/);
  await schemes.applied();
  expect(await home()).not.toContain('n’est pas terminée');
});

test('a call of unknown outcome, and a worker that no longer comes', async () => {
  await open();
  const { redis, prefix, queues } = backOf(house);
  // Palier's time is Redis', which may be some milliseconds behind.
  const sentMs = Date.now() - 20 * 60_000 - 500;
  const batch = { state: 'sending', earners: ['k'], createdMs: sentMs, sentMs, event: null };
  await redis.hset(`${prefix}:batches:{${asBadgeId('R1')}}`, { b: JSON.stringify(batch) });
  const text = await home();
  expect(text).toContain('OBF n’a pas confirmé 1 envoi depuis 20 min');
  expect(text).not.toContain('de retard');

  await queues.notices.upsertJobScheduler(
    `poll.${REGION}`,
    { every: 86_400_000, startDate: Date.now() + 86_000_000 },
    { name: 'poll', data: { kind: 'poll', clientId: REGION } },
  );
  expect(await home()).toMatch(/Avis à lire \| 0 \|/);
  await redis.zadd(queues.notices.toKey('repeat'), Date.now() - 30 * 60_000 - 500, `poll.${REGION}`);
  expect(await home()).toContain('Palier a 30 min de retard sur la lecture des comptes OBF');
});

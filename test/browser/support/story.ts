import { readFileSync } from 'node:fs';
import { asAwardId, asBadgeId, asClientId, asEventId, type EarnerKey } from '../../../src/ids.js';
import { secondsOf } from '../../../src/platform/clock.js';
import { earnerKeyOf } from '../../../src/earners/person.js';
import { openHouse, parse, REGION, type House, type HouseOptions } from '../../support/house.js';
import { until } from '../../support/until.js';
import { signedIn } from '../../ops-web/support/browser.js';
import { OPERATOR, OPS_SETTINGS, PARCOURS } from '../../ops-web/support/people.js';

/** Everybody here is invented. */
export const CAMILLE = { email: 'camille.lefevre@example.org', name: 'Camille Lefèvre' };
export const YANIS = { email: 'yanis.benali@example.org', name: 'Yanis Benali' };
const MANON = { email: 'manon.auvray@example.org', name: 'Manon Auvray' };
const LEO = { email: 'leo.duhamel@example.org', name: 'Léo Duhamel' };
const INES = { email: 'ines.morel@example.org', name: 'Inès Morel' };
const HUGO = { email: 'hugo.hebert@example.org', name: 'Hugo Hébert' };

const SCHEME = readFileSync('config/scheme.yaml', 'utf8');
const PARTNERS = readFileSync('config/partners.yaml', 'utf8');

/** The rules of the configuration, and easier ones: a first badge of one organisation is enough. */
const IN_FORCE = parse(SCHEME, PARTNERS);
const EASIER = SCHEME.replace(
  /at_least: 2 [^\n]*\n      of: \{ competency: communiquer \}\n      issuers: 2[^\n]*/,
  'at_least: 1\n      of: { competency: communiquer }',
);

/** The house of the configuration that comes with Palier, with its ops pages. */
export const openRegion = (options: Partial<HouseOptions> = {}): Promise<House> =>
  openHouse({ scheme: EASIER, partners: PARTNERS, ops: { ...OPS_SETTINGS, parcours: PARCOURS }, ...options });

export const keyOf = (house: House, { email }: { readonly email: string }): EarnerKey =>
  earnerKeyOf(house.pipelines[0].vault, email);

/** A partner issues a badge, and its notice was worked through: what it made due has left, or failed. */
export async function give(
  house: House,
  clientId: string,
  badgeId: string,
  ...recipients: readonly (typeof CAMILLE)[]
) {
  const event = house.issue({ clientId, badgeId, recipients });
  await house.notify(event);
  await house.idle();
  return event;
}

/**
 * A month of work: badges given, one blocked, one to look at, failures of three kinds, strangers; and at
 * its end, rules that wait to be put into force, with their plan.
 */
export async function tellStory(house: House): Promise<void> {
  const [{ schemes }] = house.pipelines;
  const { version } = house.scheme;
  await schemes.apply(IN_FORCE, { only: null, suppressEmail: false }, { started: version, inForce: version });
  await schemes.applied();
  await lastMonth(house);
  await badgesComeIn(house);
  await oneIsBlocked(house);
  await oneIsToBeLookedAt(house);
  await someFail(house);
  await someAreSentAgain(house);
  await someAreIgnored(house);
  await schemes.start(house.scheme);
  await house.countPeople();
  await aPlanIsMade(house);
}

/** What the account says of people whom nothing else is known of here. */
async function lastMonth(house: House): Promise<void> {
  const [{ journal, vault, clock, partnerActivity }] = house.pipelines;
  const nowS = secondsOf(clock);
  const entries = house.scheme.awards.flatMap(({ id, badgeId }, at) =>
    Array.from({ length: Math.round(46 / (at + 1)) }, (_, nth) => ({
      kind: 'issued' as const,
      atS: nowS - 86_400 * (1 + ((nth * 7 + at) % 28)),
      earner: earnerKeyOf(vault, `${id}.${nth}@example.org`),
      award: asAwardId(id),
      badgeId,
      assertions: [],
      cause: `webhook.event.CFA_BOCAGE.E${nth}`,
      version: house.scheme.version,
      event: asEventId(`R${at}E${nth}`),
      detail: null,
    })),
  );
  // One by one, as they would have come: the account is read in the order in which it was written.
  for (const entry of entries.toSorted((a, b) => a.atS - b.atS)) await journal.write([entry]);
  const longAgoS = nowS - 41 * 86_400;
  await partnerActivity.seen(asClientId('ATELIERS_COTENTIN'), longAgoS);
}

async function badgesComeIn(house: House): Promise<void> {
  await give(house, 'ML_TROIS_VALLEES', 'ML_PAROLE_2', CAMILLE, MANON, LEO, INES);
  await give(house, 'CFA_BOCAGE', 'CFA_ECRIRE', CAMILLE, MANON);
  await give(house, 'INSERTION_PAYS_DE_SEINE', 'TPS_CONSIGNES', CAMILLE);
  await give(house, 'CFA_BOCAGE', 'CFA_ATELIER', CAMILLE, HUGO);
  await give(house, 'CFA_BOCAGE', 'CFA_HORAIRES', CAMILLE, HUGO);
  await give(house, 'ML_TROIS_VALLEES', 'ML_PRIORITES', CAMILLE, HUGO);
  await give(house, 'ML_TROIS_VALLEES', 'ML_MOBILITE', CAMILLE);
  await give(house, 'CFA_BOCAGE', 'CFA_REGLEMENT', CAMILLE);
}

async function oneIsBlocked(house: House): Promise<void> {
  const [event] = house.sandbox
    .eventsOf(REGION, 'R_ORGA_1')
    .filter(({ assertions }) => assertions.some(({ email }) => email === CAMILLE.email));
  if (event === undefined) throw new Error('Nobody was given R_ORGA_1');
  house.sandbox.revokeByHand(event.id, [CAMILLE.email]);
  await house.notify(event, 'badge.revoked');
  await house.idle();
}

async function oneIsToBeLookedAt(house: House): Promise<void> {
  const [event] = house.sandbox.eventsOf('CFA_BOCAGE', 'CFA_ECRIRE');
  if (event === undefined) throw new Error('Nobody was given CFA_ECRIRE');
  house.sandbox.revokeByHand(event.id, [MANON.email]);
  await house.notify(event, 'badge.revoked');
  await house.idle();
}

async function someFail(house: House): Promise<void> {
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
  await give(house, 'CFA_BOCAGE', 'CFA_ECRIRE', YANIS);
  await give(house, 'ML_TROIS_VALLEES', 'ML_PAROLE_2', YANIS);
  house.sandbox.fault({
    route: 'GET event',
    clientId: 'INSERTION_PAYS_DE_SEINE',
    kind: 'status',
    status: 404,
    times: 2,
  });
  await give(house, 'INSERTION_PAYS_DE_SEINE', 'TPS_CODES', LEO);
  await give(house, 'INSERTION_PAYS_DE_SEINE', 'TPS_TENIR', INES);
  await give(house, 'FABRIQUE_ALBATRE', 'FAB_ACCUEIL', INES);
  await until(async () => (await house.failedReasons()).length >= 4, 'four failures');
}

/** Too early: they fail once more. */
async function someAreSentAgain(house: House): Promise<void> {
  const browser = await signedIn(house.opsUrl, OPERATOR);
  const group = 'sans-cle.FABRIQUE_ALBATRE';
  await until(async () => (await browser.get('/ops/echecs')).html.includes('(4 travaux)'), 'them counted');
  const reply = await browser.post('/ops/echecs/renvoyer', { cause: group });
  if ((await browser.follow(reply)).html.includes('rien n’a été renvoyé'))
    throw new Error('None was sent again');
  await until(async () => (await house.failedReasons()).length === 4, 'four failures again');
  await house.idle();
}

/** A badge that nobody enrolled, an organisation that nobody knows, and one that takes no part any more. */
async function someAreIgnored(house: House): Promise<void> {
  const [{ partnerActivity, clock }] = house.pipelines;
  const nowS = secondsOf(clock);
  await partnerActivity.ignoreBadge(asClientId('CFA_BOCAGE'), asBadgeId('CFA_SECURITE'), nowS - 3600);
  await partnerActivity.ignoreClient(asClientId('LYCEE_DE_LA_CARE'), nowS - 7200);
  await partnerActivity.ignoreClient(asClientId('ECOLE_PERCHE'), nowS - 86_400);
}

async function aPlanIsMade(house: House): Promise<void> {
  const browser = await signedIn(house.opsUrl, OPERATOR);
  await browser.get('/ops/bareme');
  await browser.post('/ops/bareme/plan', { badge: '*' });
  await until(async () => (await browser.get('/ops/bareme')).html.includes('Mettre en vigueur'), 'a plan');
}

import { systemClock } from '../platform/clock.js';
import type { EventRecord, ReceivedCall, ReceivedIssue } from '../sandbox/types.js';
import { deliver, passportNotice, signedNotice } from '../sandbox/webhooks.js';
import { nameOf, REGION, STRANGER } from './cast.js';
import type { Narrator } from './narrator.js';
import { waitFor } from './programs.js';
import type { Acts, Scene } from './scenes.js';
import type { DemoBadge, Stage } from './stage.js';
import { counted, listed, ofPerson } from './text.js';

/** A look into the running Palier, through the same Redis and the same rules. It changes nothing. */
export interface Insight {
  work(): Promise<Work>;
  progress(email: string, badgeId: string): Promise<{ readonly have: number; readonly need: number }>;
  eligibility(email: string, badgeId: string): Promise<Eligibility>;
}

/** How many jobs are waiting or under way. */
export interface Work {
  /** Notices that came or are read, earners to decide. */
  readonly deciding: number;
  /** Awards to gather and to issue. */
  readonly issuing: number;
  /** What Palier gave up, each with its reason. */
  readonly failed: readonly string[];
}

/** What somebody has and lacks for a badge of the Région, in French. */
export interface Eligibility {
  /** What earned it: partners' badges, or badges of the Région. */
  readonly earnedBy: readonly string[];
  /** What is missing; empty when nothing is. */
  readonly lacking: string;
  /** Each badge that does not count, and why. */
  readonly excluded: readonly string[];
}

/** All that a scene needs. */
export interface Play {
  readonly stage: Pick<Stage, 'sandbox' | 'webUrl' | 'keys'>;
  readonly insight: Insight;
  readonly narrator: Narrator;
  readonly badges: RegionBadges;
  /** Partners that gave no API key. */
  readonly keyless: ReadonlySet<string>;
  readonly stop: AbortSignal;
}

interface OfBadge {
  readonly badgeId: string;
}

/** The Région's badges by their ids. */
export interface RegionBadges {
  readonly name: (badgeId: string) => string;
  /** For sorting: the scheme's order, in which each badge stands after those that it builds upon. */
  readonly inOrder: (a: OfBadge, b: OfBadge) => number;
}

export function regionBadges(badges: readonly DemoBadge[]): RegionBadges {
  const ids = badges.map(({ id }) => id);
  const names = new Map(badges.map(({ id, name }) => [id, name]));
  return {
    name: (badgeId) => names.get(badgeId) ?? badgeId,
    inOrder: (a, b) => ids.indexOf(a.badgeId) - ids.indexOf(b.badgeId),
  };
}

const READING_MS_PER_CHARACTER = 40;
/** For the eye to rest, before the next scene. */
const SCENE_END_MS = 1500;

/** Plays each scene: its acts in Open Badge Factory, their notices to Palier, and what comes of them. */
export async function playScenes(play: Play, scenes: readonly Scene[]): Promise<void> {
  const { narrator } = play;
  const announce = createAnnouncer(play);
  for (const [at, scene] of scenes.entries()) {
    narrator.heading(`${at + 1}. ${scene.title}`);
    await scene.play(actsOf(play, scene, announce));
    announce();
    await narrator.pause(SCENE_END_MS);
  }
}

function actsOf(play: Play, scene: Scene, announce: () => void): Acts {
  const { narrator, stop } = play;
  const { sandbox } = play.stage;
  return {
    async say(text) {
      announce();
      narrator.say(text);
      await narrator.pause(text.length * READING_MS_PER_CHARACTER);
    },
    async give(clientId, badgeId, recipients, { webhook = true, ...dates } = {}) {
      const event = sandbox.issueByHand({ clientId, badgeId, recipients, ...dates });
      if (webhook) await notify(play, scene, 'badge.issued', event);
    },
    async revoke(clientId, badgeId, { email }) {
      for (const event of sandbox.eventsOf(clientId, badgeId)) {
        if (!event.assertions.some((one) => one.email === email)) continue;
        sandbox.revokeByHand(event.id, [email]);
        await notify(play, scene, 'badge.revoked', event);
      }
    },
    fault: (fault) => sandbox.fault(fault),
    async holds({ email, name }, badge) {
      const held = (): boolean => sandbox.awarded(email).includes(`${REGION.id}/${badge}`);
      await waitFor(held, `le badge ${badge} ${ofPerson(name)}`, stop);
      announce();
    },
  };
}

/** The Région's issue calls that Open Badge Factory carried out: what really went out. */
export const committedIssues = (sandbox: { issues(): readonly ReceivedIssue[] }): readonly ReceivedIssue[] =>
  sandbox.issues().filter(({ clientId, eventId }) => clientId === REGION.id && eventId !== null);

/** Above it, people are counted and not named. */
export const MOST_NAMED = 4;

/** Narrates what the Région issued since the last call, as Open Badge Factory received it. */
function createAnnouncer({ stage, narrator, badges }: Play): () => void {
  const announced = new Set<string | null>();
  return () => {
    const news = committedIssues(stage.sandbox).filter(({ eventId }) => !announced.has(eventId));
    for (const { badgeId, recipients, status, eventId } of news.toSorted(badges.inOrder)) {
      const many = recipients.length > MOST_NAMED;
      const who = many ? counted(recipients.length, 'personne') : listed(recipients.map(nameOf));
      const how = `${many ? ', en un seul appel' : ''}${status === 'lost' ? ' (réponse perdue)' : ''}`;
      narrator.award(`La Région remet « ${badges.name(badgeId)} » à ${who}${how}.`);
      announced.add(eventId);
    }
  };
}

export const EVENT_PATH = '/webhooks/obf';
export const PASSPORT_PATH = '/obpv1/factory/users_badges';

/** The notice, and then the wait until Palier has read and decided: after that, nothing more can come of it. */
async function notify(play: Play, scene: Scene, type: string, event: EventRecord): Promise<void> {
  const { stage, insight, narrator, stop } = play;
  const before = stage.sandbox.calls.length;
  const pushed = play.keyless.has(event.clientId);
  const statuses = await (pushed
    ? pushCredentials(stage, event)
    : sendNotice(stage, type, event, scene.times));
  const ignored = event.clientId === STRANGER.id;
  const kind = pushed ? 'adresse du badge reçue' : 'webhook reçu';
  const often = statuses.length > 1 ? ` ${statuses.length} fois, réponses` : ', réponse';
  const aside = ignored ? ', mis de côté : cet organisme ne participe pas' : '';
  narrator.fact(`${kind}${often} ${statuses.join(', ')}${aside}`);
  await workDone(insight, ({ deciding }) => deciding, 'la lecture du webhook', stop);
  narrateTrouble(narrator, stage.sandbox.calls.slice(before));
  if (ignored) return;
  // A revocation names the whole event: only those who lost the badge are of interest.
  const now = stage.sandbox.eventsOf(event.clientId).find(({ id }) => id === event.id) ?? event;
  const concerned = now.assertions.filter(({ revoked }) => type !== 'badge.revoked' || revoked);
  await narratePortfolios(
    play,
    scene.toward,
    concerned.map(({ email }) => email),
  );
}

type Target = Pick<Stage, 'webUrl' | 'keys'>;

function sendNotice({ webUrl, keys }: Target, type: string, event: EventRecord, times = 1) {
  const notice = { type, client_id: event.clientId, event_id: event.id };
  const signed = signedNotice(keys.webhookSecret, notice, systemClock);
  return deliver(webUrl + EVENT_PATH, [signed], { times, order: 'at once' });
}

/** What Open Badge Factory pushes to a Passport: where each person's credential of this event is. */
function pushCredentials({ webUrl, keys }: Target, { assertions }: EventRecord) {
  const where = Object.fromEntries(assertions.map(({ email, url }) => [email, [url]]));
  return deliver(webUrl + PASSPORT_PATH, [passportNotice(keys.basic, where)]);
}

function narrateTrouble(narrator: Narrator, calls: readonly ReceivedCall[]): void {
  const refused = calls.map(({ status }) => status).filter((status) => Number(status) >= 500);
  if (refused.length > 0)
    narrator.fact(`Open Badge Factory a répondu ${listed(refused.map(String))}, puis le badge a été lu`);
}

/** How far these people have come, those who stand alike in one line. */
async function narratePortfolios({ insight, narrator }: Play, toward: string, emails: readonly string[]) {
  const people = new Map<string, string[]>();
  for (const email of emails) {
    const { have, need } = await insight.progress(email, toward);
    const dots = `${'●'.repeat(have)}${'○'.repeat(Math.max(0, need - have))}`;
    const words = `${dots} ${counted(have, 'badge')} sur ${need}`;
    people.set(words, [...(people.get(words) ?? []), nameOf(email)]);
  }
  for (const [words, [first = '', ...others]] of people) {
    const many = counted(others.length + 1, 'portefeuille');
    narrator.fact(`${others.length > 0 ? many : `portefeuille ${ofPerson(first)}`} : ${words}`);
  }
}

/** Resolves when nothing is left of one kind of work. Looked at twice: what is done may have left more. */
export async function workDone(
  insight: Insight,
  kind: (work: Work) => number,
  what: string,
  stop: AbortSignal,
): Promise<void> {
  const none = async (): Promise<boolean> => kind(await insight.work()) === 0;
  await waitFor(async () => (await none()) && (await none()), what, stop);
}

import { systemClock } from '../platform/clock.js';
import type { EventRecord, ReceivedCall, ReceivedIssue } from '../sandbox/types.js';
import { passportNotice, postNotice, signedNotice } from '../sandbox/webhooks.js';
import { nameOf, REGION, STRANGER } from './cast.js';
import type { Narrator } from './narrator.js';
import { waitFor } from './programs.js';
import type { Acts, Scene } from './scenes.js';
import type { DemoOptions, Insight, Stage, Work } from './stage.js';
import { counted, listed, ofPerson } from './text.js';

/** All that a scene needs. */
export interface Play extends DemoOptions, Stage {
  readonly insight: Insight;
  readonly narrator: Narrator;
}

export const badgeName = ({ awards }: Play['scheme'], id: string): string =>
  awards.find(({ badgeId }) => badgeId === id)?.name ?? id;

/** By the scheme's order, in which each badge stands after those that it builds upon. */
export function inOrder<T extends { readonly badgeId: string }>(
  { awards }: Play['scheme'],
  issues: readonly T[],
): readonly T[] {
  const place = (one: T): number => awards.findIndex(({ badgeId }) => badgeId === one.badgeId);
  return issues.toSorted((a, b) => place(a) - place(b));
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
  const { narrator, sandbox, stop } = play;
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
function createAnnouncer({ sandbox, narrator, scheme }: Play): () => void {
  const announced = new Set<string | null>();
  return () => {
    const news = committedIssues(sandbox).filter(({ eventId }) => !announced.has(eventId));
    for (const { badgeId, recipients, status, eventId } of inOrder(scheme, news)) {
      const many = recipients.length > MOST_NAMED;
      const who = many ? counted(recipients.length, 'personne') : listed(recipients.map(nameOf));
      const how = `${many ? ', en un seul appel' : ''}${status === 'lost' ? ' (réponse perdue)' : ''}`;
      narrator.award(`La Région remet « ${badgeName(scheme, badgeId)} » à ${who}${how}.`);
      announced.add(eventId);
    }
  };
}

export const EVENT_PATH = '/webhooks/obf';
export const PASSPORT_PATH = '/obpv1/factory/users_badges';

/** The notice, and then the wait until Palier has read and decided: after that, nothing more can come of it. */
async function notify(play: Play, scene: Scene, type: string, event: EventRecord): Promise<void> {
  const { sandbox, insight, narrator, stop } = play;
  const before = sandbox.calls.length;
  const partner = play.scheme.partners.find(({ clientId }) => clientId === event.clientId);
  const pushed = partner?.secretEnv === null;
  const post = pushed ? passportPost(play, event) : noticePost(play, type, event);
  const statuses = await Promise.all(Array.from({ length: scene.times ?? 1 }, post));
  const ignored = event.clientId === STRANGER.id;
  const kind = pushed ? 'adresse du badge reçue' : 'webhook reçu';
  const often = statuses.length > 1 ? ` ${statuses.length} fois, réponses` : ', réponse';
  const aside = ignored ? ', mis de côté : cet organisme ne participe pas' : '';
  narrator.fact(`${kind}${often} ${statuses.join(', ')}${aside}`);
  await workDone(insight, ({ deciding }) => deciding, 'la lecture du webhook', stop);
  narrateTrouble(narrator, sandbox.calls.slice(before));
  if (ignored) return;
  // A revocation names the whole event: only those who lost the badge are of interest.
  const now = sandbox.eventsOf(event.clientId).find(({ id }) => id === event.id) ?? event;
  const concerned = now.assertions.filter(({ revoked }) => type !== 'badge.revoked' || revoked);
  const emails = concerned.map(({ email }) => email);
  await narratePortfolios(play, scene.toward, emails);
}

type Post = () => Promise<number>;

function noticePost({ webUrl, keys }: Stage, type: string, { clientId, id }: EventRecord): Post {
  const notice = signedNotice(keys.webhookSecret, { type, client_id: clientId, event_id: id }, systemClock);
  return () => postNotice(webUrl + EVENT_PATH, notice);
}

/** What Open Badge Factory pushes to a Passport: where each person's credential of this event is. */
function passportPost({ webUrl, keys }: Stage, { assertions }: EventRecord): Post {
  const where = Object.fromEntries(assertions.map(({ email, url }) => [email, [url]]));
  return () => postNotice(webUrl + PASSPORT_PATH, passportNotice(keys.basic, where));
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

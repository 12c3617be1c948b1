import { systemClock } from '../platform/clock.js';
import type { EventRecord } from '../sandbox/world.js';
import type { ReceivedIssue } from '../sandbox/server.js';
import { passportNotice, postNotice, signedNotice } from '../sandbox/webhooks.js';
import type { Narrator } from './narrator.js';
import { emailOf, nameOf, REGION, SCENES, STRANGER, type Acts, type Scene } from './scenes.js';
import { waitFor, type Stage, type StageOptions } from './stage.js';

/** Reads the state of the running Palier, through the same Redis and rules. Changes nothing. */
export interface PalierReader {
  work(): Promise<PendingWork>;
  progress(email: string, badgeId: string): Promise<AwardProgress>;
}

export interface PendingWork {
  /** Notices to read, and earners to evaluate. */
  readonly deciding: number;
  /** Awards to gather and to issue. */
  readonly issuing: number;
  /** Reasons of failed jobs. */
  readonly failed: readonly string[];
}

/** A person's progress towards a badge of the Région, in numbers and in French. */
export interface AwardProgress {
  readonly have: number;
  readonly need: number;
  /** The badges that earned it, of partners or of the Région. */
  readonly earnedBy: readonly string[];
  /** The shortfall; '' when there is none. */
  readonly lacking: string;
  /** Each badge that does not count, and why. */
  readonly excluded: readonly string[];
}

export interface DemoContext extends Stage, Pick<StageOptions, 'scheme'> {
  readonly insight: PalierReader;
  readonly narrator: Narrator;
}

export const awardName = ({ awards }: DemoContext['scheme'], id: string): string =>
  awards.find(({ badgeId }) => badgeId === id)?.name ?? id;

export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count < 2 ? one : many}`;

export const ofPerson = (name: string): string =>
  /^[aeiouyéèêâîô]/i.test(name) ? `d'${name}` : `de ${name}`;

/** More people than these are counted, not named. */
export const MOST_NAMED = 4;
const list = new Intl.ListFormat('fr');

/** What `committedIssues` and `awardName` need. */
export type Issuing = Pick<DemoContext, 'scheme'> & {
  readonly sandbox: Pick<DemoContext['sandbox'], 'issues'>;
};

/** Returns the Région's issue calls that OBF carried out, each badge after those that it builds upon. */
export function committedIssues({ sandbox, scheme: { awards } }: Issuing): readonly ReceivedIssue[] {
  const rank = (one: ReceivedIssue): number => awards.findIndex(({ badgeId }) => badgeId === one.badgeId);
  return sandbox
    .issues()
    .filter(({ clientId, eventId }) => clientId === REGION.id && eventId !== null)
    .toSorted((a, b) => rank(a) - rank(b));
}

const READING_MS_PER_CHARACTER = 40;
const SCENE_END_MS = 1500;

/** Plays each scene: its acts in OBF, their notices to Palier, and the results. */
export async function playScenes(play: DemoContext): Promise<void> {
  const { narrator } = play;
  const announce = createAnnouncer(play);
  for (const [at, scene] of SCENES.entries()) {
    narrator.heading(`${at + 1}. ${scene.title}`);
    await scene.play(actsOf(play, scene, announce));
    announce();
    await narrator.pause(SCENE_END_MS);
  }
}

function actsOf(play: DemoContext, scene: Scene, announce: () => void): Acts {
  const { narrator, sandbox, stop } = play;
  return {
    async say(text) {
      announce();
      narrator.say(text);
      await narrator.pause(text.length * READING_MS_PER_CHARACTER);
    },
    async give(clientId, badgeId, people, { webhook = true, ...dates } = {}) {
      const recipients = people.map((name) => ({ name, email: emailOf(name) }));
      const event = sandbox.issueByHand({ clientId, badgeId, recipients, ...dates });
      if (webhook) await notify(play, scene, 'badge.issued', event);
    },
    async revoke(clientId, badgeId, name) {
      const email = emailOf(name);
      for (const event of sandbox.eventsOf(clientId, badgeId)) {
        if (!event.assertions.some((one) => one.email === email)) continue;
        sandbox.revokeByHand(event.id, [email]);
        await notify(play, scene, 'badge.revoked', event);
      }
    },
    fault: (fault) => sandbox.fault(fault),
    async holds(name, badge) {
      const held = (): boolean => sandbox.awarded(emailOf(name)).includes(`${REGION.id}/${badge}`);
      await waitFor(held, `le badge ${badge} ${ofPerson(name)}`, stop);
      announce();
    },
  };
}

function createAnnouncer(play: DemoContext): () => void {
  const announced = new Set<string | null>();
  return () => {
    const unannounced = committedIssues(play).filter(({ eventId }) => !announced.has(eventId));
    for (const { badgeId, recipients, status, eventId } of unannounced) {
      const many = recipients.length > MOST_NAMED;
      const who = many ? countOf(recipients.length, 'personne') : list.format(recipients.map(nameOf));
      const how = `${many ? ', en un seul appel' : ''}${status === 'lost' ? ' (réponse perdue)' : ''}`;
      play.narrator.award(`La Région remet « ${awardName(play.scheme, badgeId)} » à ${who}${how}.`);
      announced.add(eventId);
    }
  };
}

export const EVENT_PATH = '/webhooks/obf';
export const PASSPORT_PATH = '/obpv1/factory/users_badges';

/** Sends a notice, and waits until Palier has read it and decided: nothing more follows from it. */
async function notify(play: DemoContext, scene: Scene, type: string, event: EventRecord): Promise<void> {
  const { sandbox, narrator } = play;
  const before = sandbox.calls.length;
  const partner = play.scheme.partners.find(({ clientId }) => clientId === event.clientId);
  const isPushed = partner?.secretEnv === null;
  const [url, notice] = noticeOf(play, type, event, isPushed);
  const statuses = await Promise.all(Array.from({ length: scene.times ?? 1 }, () => postNotice(url, notice)));
  const ignored = event.clientId === STRANGER.id;
  const kind = isPushed ? 'adresse du badge reçue' : 'webhook reçu';
  const timesText = statuses.length > 1 ? ` ${statuses.length} fois, réponses` : ', réponse';
  const ignoredText = ignored ? ', mis de côté : cet organisme ne participe pas' : '';
  narrator.fact(`${kind}${timesText} ${statuses.join(', ')}${ignoredText}`);
  await workDone(play, ({ deciding }) => deciding, 'la lecture du webhook');
  const refused = sandbox.calls.slice(before).filter(({ status }) => Number(status) >= 500);
  if (refused.length > 0) {
    const answers = list.format(refused.map(({ status }) => String(status)));
    narrator.fact(`Open Badge Factory a répondu ${answers}, puis le badge a été lu`);
  }
  if (ignored) return;
  // A revocation names the whole event, but only those who lost the badge matter.
  const concerned = event.assertions.filter(({ revoked }) => type !== 'badge.revoked' || revoked);
  const emails = concerned.map(({ email }) => email);
  await narratePortfolios(play, scene.toward, emails);
}

/** Returns a notice and its URL. A push to a Passport names each person's credential of the event. */
function noticeOf({ webUrl, keys }: DemoContext, type: string, event: EventRecord, isPushed: boolean) {
  const { clientId, id, assertions } = event;
  if (!isPushed) {
    const data = { type, client_id: clientId, event_id: id };
    return [webUrl + EVENT_PATH, signedNotice(keys.webhookSecret, data, systemClock)] as const;
  }
  const credentials = Object.fromEntries(assertions.map(({ email, url }) => [email, [url]]));
  return [webUrl + PASSPORT_PATH, passportNotice(keys.basic, credentials)] as const;
}

/** Says how far people have come; people with the same progress share a line. */
async function narratePortfolios(
  { insight, narrator }: DemoContext,
  toward: string,
  emails: readonly string[],
) {
  const people = new Map<string, string[]>();
  for (const email of emails) {
    const { have, need } = await insight.progress(email, toward);
    const dots = `${'●'.repeat(have)}${'○'.repeat(Math.max(0, need - have))}`;
    const words = `${dots} ${countOf(have, 'badge')} sur ${need}`;
    people.set(words, [...(people.get(words) ?? []), nameOf(email)]);
  }
  for (const [words, [first = '', ...others]] of people) {
    const many = countOf(others.length + 1, 'portefeuille');
    narrator.fact(`${others.length > 0 ? many : `portefeuille ${ofPerson(first)}`} : ${words}`);
  }
}

/** Resolves when one kind of work is done. Checks twice: work that ends may have added more. */
export async function workDone(
  { insight, stop }: DemoContext,
  kind: (work: PendingWork) => number,
  what: string,
) {
  const none = async (): Promise<boolean> => kind(await insight.work()) === 0;
  await waitFor(async () => (await none()) && (await none()), what, stop);
}

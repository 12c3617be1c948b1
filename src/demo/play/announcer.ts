import type { ReceivedIssue, Sandbox } from '../../sandbox/types.js';
import type { Narrator } from '../narrator.js';
import { nameOf, REGION } from '../story/cast.js';
import { counted, listed } from '../text.js';
import type { RegionBadges } from './region-badges.js';

/** Above it, people are counted and not named. */
const MOST_NAMED = 4;

/** The Région's issue calls that Open Badge Factory carried out: what really went out. */
export const committedIssues = (sandbox: Pick<Sandbox, 'issues'>): readonly ReceivedIssue[] =>
  sandbox.issues().filter(({ clientId, eventId }) => clientId === REGION.id && eventId !== null);

/** Tells of what the Région issued since it was last asked, as Open Badge Factory received it. */
export function createAnnouncer(sandbox: Sandbox, narrator: Narrator, badges: RegionBadges): () => void {
  const told = new Set<string | null>();
  return () => {
    const news = committedIssues(sandbox).filter(({ eventId }) => !told.has(eventId));
    for (const issue of news.toSorted(badges.inOrder)) {
      narrator.award(sentence(issue, badges.name(issue.badgeId)));
      told.add(issue.eventId);
    }
  };
}

function sentence({ recipients, status }: ReceivedIssue, badge: string): string {
  const many = recipients.length > MOST_NAMED;
  const who = many ? counted(recipients.length, 'personne') : listed(recipients.map(nameOf));
  const how = status === 'lost' ? ' (réponse perdue)' : '';
  return `La Région remet « ${badge} » à ${who}${many ? ', en un seul appel' : ''}${how}.`;
}

import type { ListedKind, PageOrder, RowKind } from '../../src/sandbox/lists.js';
import type { Sandbox } from '../../src/sandbox/server.js';
import type { Random } from './random.js';
import { KEYED, OLD_BADGE, REGION, REGION_BADGES } from './world.js';

/** What OBF shows otherwise than it is, or refuses, for a while. */
export type Change =
  /** The next event of that client shows so many of its recipients. */
  | { readonly what: 'slow'; readonly clientId: string; readonly visible: number }
  | {
      readonly what: 'pages';
      readonly clientId: string;
      readonly list: ListedKind;
      readonly order: PageOrder;
      readonly seed: number;
    }
  | {
      readonly what: 'odd row';
      readonly clientId: string;
      readonly kind: RowKind;
      readonly field: string;
      readonly which: number;
    }
  /** A list without `event_id` leaves some of an event's recipients out. */
  | { readonly what: 'hidden'; readonly clientId: string; readonly which: number }
  | { readonly what: 'quota'; readonly limit: number }
  | { readonly what: 'draft'; readonly badgeId: string }
  | { readonly what: 'suspended'; readonly clientId: string };

const ACCOUNTS = [...KEYED, REGION];

/** Rows that may have a null, and in which field. */
const ODD: readonly (readonly [RowKind, string])[] = [
  ['events', 'badge_id'],
  ['events', 'recipient_count'],
  ['event', 'recipient_count'],
  ['recipients', 'assertion_id'],
  ['recipients', 'event_id'],
  ['badges', 'id'],
];

export function changeOf(random: Random): Change {
  const clientId = random.pick(ACCOUNTS);
  switch (random.int(0, 11)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { what: 'slow', clientId, visible: random.pick([0, 0, 1, 2]) };
    case 4:
    case 5: {
      const list = random.pick(['events', 'recipients'] as const);
      const order = random.pick(['newest-first', 'shuffled'] as const);
      return { what: 'pages', clientId, list, order, seed: random.int(0, 1e6) };
    }
    case 6:
    case 7: {
      const [kind, field] = random.pick(ODD);
      return { what: 'odd row', clientId, kind, field, which: random.int(0, 1e6) };
    }
    case 8:
      return { what: 'hidden', clientId, which: random.int(0, 1e6) };
    case 9:
      return { what: 'quota', limit: random.int(0, 80) };
    case 10:
      return { what: 'draft', badgeId: random.pick(REGION_BADGES) };
    default:
      return { what: 'suspended', clientId };
  }
}

/** @returns what mends it; some changes mend what others of their kind have left too */
export function makeChange(sandbox: Sandbox, change: Change): () => void {
  switch (change.what) {
    case 'slow':
      sandbox.writeSlowly(change.clientId, change.visible);
      return () => sandbox.written();
    case 'pages': {
      const { clientId, list, order, seed } = change;
      sandbox.lists.orderPages(clientId, list, order, seed);
      return () => sandbox.lists.orderPages(clientId, list, 'oldest-first');
    }
    case 'odd row': {
      const id = idOfRow(sandbox, change);
      if (id !== null) sandbox.lists.oddRow(change.kind, id, { [change.field]: null });
      return () => sandbox.lists.mendRows();
    }
    case 'hidden':
      return hideSome(sandbox, change);
    case 'quota':
      sandbox.clientNamed(REGION).issuingLimit = change.limit;
      return () => Object.assign(sandbox.clientNamed(REGION), { issuingLimit: null });
    case 'draft':
      sandbox.badgeNamed(REGION, change.badgeId).draft = true;
      return () => Object.assign(sandbox.badgeNamed(REGION, change.badgeId), { draft: false });
    case 'suspended':
      sandbox.clientNamed(change.clientId).suspended = true;
      return () => Object.assign(sandbox.clientNamed(change.clientId), { suspended: false });
  }
}

/** A class long ago: the recipients of its partner take more than a page. */
export function fillPages(sandbox: Sandbox, pageRows: number): void {
  const recipients = Array.from({ length: pageRows }, (_, at) => `ancien.${at}@example.org`);
  sandbox.issueByHand({ clientId: KEYED[0], badgeId: OLD_BADGE, recipients });
}

type OddRow = Extract<Change, { what: 'odd row' }>;

/**
 * A row that exists by now. Of the Région's account only what Palier issued: whom a human gave a badge there may be
 * unknown to Palier as long as the row says nothing, and nothing could keep it from giving that badge again.
 */
function idOfRow(sandbox: Sandbox, { clientId, kind, which }: OddRow): string | null {
  if (kind === 'badges')
    return clientId === REGION ? (REGION_BADGES[which % REGION_BADGES.length] ?? null) : null;
  const ours = new Set(sandbox.issues().map(({ eventId }) => eventId));
  const events = sandbox.eventsOf(clientId).filter(({ id }) => clientId !== REGION || ours.has(id));
  const event = events[which % Math.max(1, events.length)];
  if (event === undefined) return null;
  return kind === 'recipients' ? (event.assertions[which % event.assertions.length]?.id ?? null) : event.id;
}

function hideSome(sandbox: Sandbox, { clientId, which }: { clientId: string; which: number }): () => void {
  const events = sandbox.eventsOf(clientId);
  const event = events[which % Math.max(1, events.length)];
  if (event === undefined) return () => {};
  const emails = event.assertions.filter((_, at) => (which + at) % 2 === 0).map(({ email }) => email);
  if (emails.length === 0) return () => {};
  sandbox.hideRecipients(event.id, emails);
  return () => {
    // It may have been removed meanwhile.
    if (sandbox.eventsOf(clientId).some(({ id }) => id === event.id))
      sandbox.hideRecipients(event.id, emails, false);
  };
}

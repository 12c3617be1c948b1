import { asBadgeId, asClientId, type BadgeId, type ClientId } from '../../ids.js';
import { say } from '../../localized.js';
import type { Partner } from '../types.js';
import { inOrder, distinctNames, once, readSpan } from './checks.js';
import { shown } from './messages.js';
import type { Known } from './reach.js';
import type { Value } from './value.js';

type PartnersReading = Pick<Known, 'abilities'> & { readonly timeZone: string };

/** A badge's line as read: not yet checked against the other lines. */
type Line = NonNullable<ReturnType<typeof readLine>>;

/** Reads partners.yaml: each partner's lines, then all lines against each other. Null: there is no list to read. */
export function readPartners(root: Value | undefined, reading: PartnersReading): readonly Partner[] | null {
  const items = root?.fields(['partners'])?.get('partners')?.items();
  if (items === undefined) return null;
  const drafts = items.map((item) => readPartner(item, reading));
  const partnerIds = drafts.flatMap(({ id }) => id);
  once('partner', 'fault', partnerIds);
  const lines = drafts.flatMap((draft) => draft.lines);
  const badgeIds = lines.map(({ badge, id }) => [badge.badgeId, id] as const);
  once('badge', 'fault', badgeIds);
  checkReplaced(lines);
  const familyOf = families(lines);
  return drafts.map(({ partner, lines: own }) => ({
    ...partner,
    badges: own.map(({ badge }) => ({ ...badge, family: familyOf.get(badge.badgeId) ?? badge.badgeId })),
  }));
}

const VARIABLE = say`attendu : le nom d'une variable d'environnement (majuscules, chiffres, « _ »), comme OBF_SECRET_P1 ; jamais le secret lui-même
  expected the name of an environment variable (capitals, digits, "_"), like OBF_SECRET_P1; never the secret itself`;

function readPartner(value: Value, reading: PartnersReading) {
  const fields = value.fields(['client_id'], ['name', 'secret_env', 'active', 'badges']);
  const idValue = fields?.get('client_id');
  const id = idValue?.id();
  const clientId = asClientId(id ?? '');
  const badges = fields?.get('badges')?.items() ?? [];
  const lines = badges.flatMap((badge) => readLine(badge, clientId, reading) ?? []);
  const partner = {
    clientId,
    name: fields?.get('name')?.text() ?? clientId,
    secretEnv: fields?.get('secret_env')?.matching(/^[A-Z_][A-Z0-9_]*$/, VARIABLE) ?? null,
    active: fields?.get('active')?.flag() ?? true,
  };
  // Without an id, the lines are read for their own faults.
  return { id: idValue && id !== undefined ? [[id, idValue] as const] : [], partner, lines };
}

/** A line whose id is at fault is left out; what else is at fault in a line does not hide its badge from the rules. */
function readLine(value: Value, clientId: ClientId, { abilities, timeZone }: PartnersReading) {
  const fields = value.fields(
    ['id', 'competency', 'level'],
    ['name', 'ability', 'enrolled_from', 'enrolled_until', 'replaces'],
  );
  if (fields === undefined) return undefined;
  const id = fields.get('id');
  const badgeId = id?.id();
  const replaces = distinctNames('badge', fields.get('replaces')?.items() ?? [], (item) => item.id());
  const competency = fields.get('competency')?.known('competency', abilities);
  const known = competency === undefined ? null : (abilities?.get(competency) ?? null);
  const { fromS = null, beforeS = null } = readSpan(fields, 'enrolled_from', 'enrolled_until', timeZone);
  const details = {
    clientId,
    name: fields.get('name')?.text() ?? null,
    competency: competency ?? '',
    level: fields.get('level')?.whole() ?? 0,
    ability: fields.get('ability')?.known('ability', known) ?? null,
    fromS,
    beforeS,
    replaces: [...replaces.keys()].map(asBadgeId),
  };
  if (id === undefined || badgeId === undefined) return undefined;
  return { id, replaces, badge: { ...details, badgeId: asBadgeId(badgeId) } };
}

/** Versions of one badge belong to one partner, whether or not the older one is enrolled itself. */
function checkReplaced(lines: readonly Line[]): void {
  const enrolled = new Map(lines.map(({ badge }) => [badge.badgeId, badge.clientId]));
  const ownerOf = new Map(enrolled);
  for (const { badge, replaces } of lines)
    for (const [id, value] of replaces) {
      const badgeId = asBadgeId(id);
      const owner = ownerOf.get(badgeId) ?? badge.clientId;
      ownerOf.set(badgeId, owner);
      if (owner !== badge.clientId) value.fault(ofAnother(id, owner));
      else if (!enrolled.has(badgeId)) value.warn(notEnrolled(id));
    }
  const edges = lines.map(({ badge, replaces }) => {
    const older = [...replaces].map(([to, at]) => ({ to, at }));
    return [badge.badgeId, older] as const;
  });
  inOrder(new Map(edges), { fr: 'remplace', en: 'replaces' });
}

const ofAnother = (badge: string, owner: string) =>
  say`le badge « ${badge} » est du partenaire « ${shown(owner)} » : un partenaire ne remplace que ses propres badges
    the badge "${badge}" is the partner "${shown(owner)}"'s: a partner replaces badges of its own only`;

const notEnrolled = (badge: string) =>
  say`le badge remplacé « ${badge} » n'est pas inscrit : ses attributions ne comptent pas ; l'inscrire avec ses propres dates si elles le doivent
    the replaced badge "${badge}" is not enrolled: its assertions do not count; enrol it with its own dates if they should`;

/**
 * Joins the badges that replace each other, however long the chain, also those that replace the same older
 * one. A family is named after the smallest enrolled id in it, so that its name depends on nothing else.
 */
function families(lines: readonly Line[]): ReadonlyMap<BadgeId, BadgeId | undefined> {
  const joined = new Map<BadgeId, ReadonlySet<BadgeId>>();
  for (const { badge } of lines) {
    const ids = [badge.badgeId, ...badge.replaces];
    const family = new Set(ids.flatMap((id) => [...(joined.get(id) ?? [id])]));
    for (const id of family) joined.set(id, family);
  }
  const enrolled = new Set(lines.map(({ badge }) => badge.badgeId));
  const nameOf = (family: ReadonlySet<BadgeId>) => [...family].filter((id) => enrolled.has(id)).toSorted()[0];
  return new Map([...joined].map(([id, family]) => [id, nameOf(family)]));
}

import type { Latest } from '../../../earners/partner-activity.js';
import { asClientId, type BadgeId, type ClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import { isId } from '../../../rules/parse/value.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { lastActivityOf } from '../../shared/stats.js';
import { readLastPolls, readObfAnswers } from '../home/obf-answers.js';
import { OpsProblem } from '../http/problem.js';
import { type OpsRequest, paramOf } from '../http/request.js';
import { numberedPage } from '../parts/table.js';

/** What both pages show of a partner. */
function commonOf(pipeline: Pipeline, partner: Partner, activities: ReadonlyMap<ClientId, Latest>) {
  const latest = activities.get(partner.clientId) ?? null;
  const { silent, ...activity } = lastActivityOf(partner, latest, secondsOf(pipeline.clock));
  return { ...activity, access: accessOf(pipeline, partner), silent: partner.active && silent };
}

/** Returns how a partner's badges are read: with its API key, or as hosted credentials. */
function accessOf({ obf }: Pipeline, { secretEnv, active, clientId }: Partner) {
  if (secretEnv === null) return 'hosted';
  // An inactive partner needs no key.
  return active && obf.account(clientId) === null ? 'key_missing' : 'key';
}

export type PartnersModel = Awaited<ReturnType<typeof readPartnersPage>>;
export type PartnerModel = Awaited<ReturnType<typeof readPartner>>;

export const PARTNERS_A_PAGE = 100;

export async function readPartnersPage({ pipeline, query }: OpsRequest) {
  const { scheme } = await pipeline.schemes.now();
  const all = scheme.partners.toSorted((a, b) => a.name.localeCompare(b.name, 'fr'));
  const { rows: shown, pager } = numberedPage(query, all, PARTNERS_A_PAGE);
  const activities = await pipeline.partnerActivity.partners();
  const rows = shown.map(async (partner) => {
    const badges = await pipeline.partnerActivity.ignoredBadges(partner.clientId);
    const notEnrolled = [...badges.keys()].filter((id) => !scheme.enrolments.has(id)).length;
    return { ...commonOf(pipeline, partner, activities), notEnrolled };
  });
  // Inactive partners, and clients that partners.yaml does not have (`partner` null).
  const ignoredClients = [...(await pipeline.partnerActivity.ignoredClients())].flatMap(
    ([clientId, last]) => {
      const partner = scheme.partnersById.get(clientId) ?? null;
      const command = enrolCommand(clientId, null);
      return partner?.active === true ? [] : [{ clientId, partner, command, ...last }];
    },
  );
  return { rows: await Promise.all(rows), pager, ignoredClients };
}

/** @throws OpsProblem `not_found` for a client that is not in partners.yaml */
export async function readPartner(context: OpsRequest) {
  const { pipeline, query } = context;
  const { scheme } = await pipeline.schemes.now();
  const partner = scheme.partnersById.get(asClientId(paramOf(context, 'client')));
  if (partner === undefined) throw new OpsProblem('not_found');
  const { clientId } = partner;
  const [activities, badges, clients, lastPolls, { lastHour }] = await Promise.all([
    pipeline.partnerActivity.partners(),
    pipeline.partnerActivity.ignoredBadges(clientId),
    pipeline.partnerActivity.ignoredClients(),
    readLastPolls(pipeline),
    readObfAnswers(pipeline),
  ]);
  const levels = levelsOf(scheme);
  const [competency, level] = [query.get('competence') ?? '', Number(query.get('niveau'))];
  const enrolAs = {
    competency: scheme.competencies.has(competency) ? competency : null,
    level: levels.includes(level) ? level : null,
  };
  return {
    ...commonOf(pipeline, partner, activities),
    scheme,
    /** Whether OBF refused its API key every time in the last hour. */
    isKeyRefused: lastHour?.keysRefused.includes(clientId) ?? false,
    /** When its account was last read completely, Unix seconds; null: never. */
    readS: lastPolls.get(clientId) ?? null,
    /** When an inactive partner's last notice was ignored, Unix seconds. */
    lastIgnoredS: partner.active ? null : (clients.get(clientId)?.lastS ?? null),
    notEnrolled: notEnrolledOf(scheme, partner, badges, enrolAs),
    enrolAs,
    levels,
  };
}

/** Returns the levels in the scheme, with 1 and 2 at least. */
function levelsOf({ awards, enrolments }: Scheme): readonly number[] {
  const levels = [...awards, ...enrolments.values()].flatMap(({ level }) => level ?? []);
  return [...new Set([1, 2, ...levels])].toSorted((a, b) => a - b);
}

/** What a badge is to be enrolled as; null: not chosen yet. */
type EnrolAs = Readonly<{ competency: string | null; level: number | null }>;

/** Returns issued badges that are not enrolled for the partner, and so count for nothing. Latest first. */
function notEnrolledOf(
  { enrolments }: Scheme,
  { clientId, badges }: Partner,
  ignored: ReadonlyMap<BadgeId, Latest>,
  enrolAs: EnrolAs,
) {
  const enrolledIds = new Set(badges.map(({ badgeId }) => badgeId));
  return [...ignored]
    .filter(([badgeId]) => !enrolledIds.has(badgeId))
    .map(([badgeId, last]) => ({
      badgeId,
      ...last,
      /** The other partner that it is enrolled for, if any. */
      enrolledBy: enrolments.get(badgeId)?.clientId ?? null,
      command: enrolCommand(clientId, badgeId, enrolAs),
    }));
}

/** Whether an id can be pasted into a terminal: ids come from outside. */
const isSafe = (id: string): boolean => isId(id) && !id.startsWith('-');

/**
 * Returns the command `npx palier partner enrol ...`, ready to copy; capitals are placeholders.
 * @param badgeId null: the first badge of a new partner
 * @returns null for an id that cannot be enrolled
 */
function enrolCommand(clientId: ClientId, badgeId: BadgeId | null, enrolAs?: EnrolAs): string | null {
  if (!isSafe(clientId) || (badgeId !== null && !isSafe(badgeId))) return null;
  const [competency, level] = [enrolAs?.competency ?? 'COMPETENCE', enrolAs?.level ?? 'NIVEAU'];
  const name = badgeId === null ? ' --partner-name "NOM"' : '';
  return `npx palier partner enrol ${clientId} ${badgeId ?? 'BADGE'} --competency ${competency} --level ${level}${name}`;
}

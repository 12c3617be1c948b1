import type { BadgeId, ClientId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import { nearest } from '../../../rules/parse/messages.js';
import type { Enrolment, Scheme } from '../../../rules/types.js';
import { enrolmentWords, periodOf } from '../../shared/enrolment-words.js';
import { labelled, type Localized, say } from '../../shared/words.js';
import { didYouMean, unknownPartner } from '../arguments.js';
import { writeEnrolment } from './enrol-file.js';
import { ENROL_HELP, type EnrolRequest, enrolRequestOf } from './enrol-request.js';
import { apiKey, type ObfBadge, readObfBadges } from './partner-badges.js';
import { planJson } from './plan-json.js';
import { planLines, THE_FILES } from './plan-words.js';
import { planNow, READING } from './plan.js';
import { requireScheme, requireSettings } from '../settings.js';
import {
  type Answer,
  type Call,
  type Command,
  type Context,
  Problem,
  wrongUsage,
  problem,
} from '../command.js';
import { untilInterrupted, withProgress } from '../terminal.js';

export const partnerEnrol: Command = {
  ...ENROL_HELP,
  run: async (call) => {
    const asked = enrolRequestOf(call);
    const ids = { client_id: asked.clientId, badge: asked.badge.badgeId };
    const config = requireSettings(call, ['TZ_SCHEME']);
    const scheme = await requireScheme(call, config);
    const existing = scheme.enrolments.get(asked.badge.badgeId);
    if (existing !== undefined)
      return { lines: [existingWords(scheme, existing, asked)], json: { ...ids, changed: false } };
    const { name, notes } = await withProgress(call, { fr: "Lecture d'OBF", en: 'Reading OBF' }, () =>
      badgeName(call, asked, secretEnvOf(scheme, asked)),
    );
    const written = await writeEnrolment(call, config, { ...asked, badge: { ...asked.badge, name } }, scheme);
    const { file, line, lines } = written;
    const remarks = [...notes, ...written.warnings, ...inactive(scheme, asked)];
    const plan = await tellPlan(call);
    return {
      lines: [
        { fr: `Inscrit dans ${file}, ligne ${line} :`, en: `Enrolled in ${file}, line ${line}:` },
        ...lines.map((text) => `  + ${text}`),
        ...remarks,
        ...plan.lines,
        NEXT,
      ],
      json: {
        ...ids,
        name,
        changed: true,
        file,
        line,
        lines,
        remarks: remarks.map((words) => words[call.lang]),
        plan: plan.json,
      },
    };
  },
};

/** @throws Problem when it is not known yet who the partner is, or is already */
function secretEnvOf(scheme: Scheme, { clientId, partner }: EnrolRequest): string | null {
  const known = scheme.partnersById.get(clientId);
  if (known === undefined && partner.name !== null) return partner.secretEnv;
  if (known === undefined) throw unknownPartner(scheme, clientId, NEW_PARTNER);
  if (partner.name === null && partner.secretEnv === null) return known.secretEnv;
  throw wrongUsage(say`${clientId} est déjà dans partners.yaml : --partner-name et --secret-env ne servent qu'à un nouveau.
    ${clientId} is in partners.yaml already: --partner-name and --secret-env are for a new one only.`);
}

const NEW_PARTNER = say`. S'il est nouveau, donnez --partner-name
  . If it is new, give --partner-name`;

const inactive = ({ partnersById }: Scheme, { clientId }: EnrolRequest): readonly Localized[] =>
  partnersById.get(clientId)?.active === false
    ? [
        say`${clientId} ne participe plus (active: false) : le badge ne compte pas.
          ${clientId} takes no part (active: false): the badge does not count.`,
      ]
    : [];

/** What is said of a badge that is enrolled already. @throws Problem when it is, but not as was asked */
function existingWords(scheme: Scheme, existing: Enrolment, asked: EnrolRequest): Localized {
  const { badgeId, clientId } = existing;
  const as = enrolmentWords(scheme, existing);
  if (isAsAsked(scheme, existing, asked))
    return say`${badgeId} est déjà inscrit pour ${clientId} (${as}) : rien n'est écrit.
      ${badgeId} is enrolled for ${clientId} already (${as}): nothing is written.`;
  throw problem`enrolled_otherwise
    ${badgeId} est déjà inscrit, autrement : pour ${clientId} (${as}). Rien n'est écrit ; pour le changer, modifiez sa ligne dans partners.yaml.
    ${badgeId} is enrolled already, in another way: for ${clientId} (${as}). Nothing is written; to change it, edit its line in partners.yaml.`;
}

/** By what was given; a name is no difference. */
function isAsAsked({ timeZone }: Scheme, existing: Enrolment, { clientId, badge }: EnrolRequest): boolean {
  const { from, until } = periodOf(existing, timeZone);
  return (
    existing.clientId === clientId &&
    existing.competency === badge.competency &&
    existing.level === badge.level &&
    [null, existing.ability].includes(badge.ability) &&
    [null, from].includes(badge.from) &&
    [null, until].includes(badge.until) &&
    badge.replaces.every((id) => existing.replaces.includes(id))
  );
}

/** The plan of the files with the new lines; nothing where it cannot be made now. */
async function tellPlan(call: Call): Promise<Answer> {
  try {
    const view = await untilInterrupted(call, (signal) =>
      withProgress(call, READING, (report) => planNow(null, { ...call, report, signal })),
    );
    return { lines: ['', ...planLines(view, THE_FILES, call.lang)], json: planJson(view) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { lines: [], json: null };
  }
}

const NEXT = say`Rien ne change pour personne avant « npx palier apply » ; « npx palier plan » redit qui cela concerne.
  Nothing changes for anybody before "npx palier apply"; "npx palier plan" tells again whom it concerns.`;

/**
 * The name that was asked for, else that of OBF. Where the key allows, OBF is asked either way: a badge
 * that is not in the account would never count.
 * @param secretEnv the partner's variable
 * @returns also what should be known about it
 * @throws Problem when OBF has no such badge, or does not say, and no name was given
 */
async function badgeName(context: Context, { clientId, badge }: EnrolRequest, secretEnv: string | null) {
  const given = badge.name;
  if (secretEnv === null) return named(given);
  const key = apiKey(context, clientId, secretEnv);
  if (key === null) return { name: given, notes: [...named(given).notes, notSet(secretEnv)] };
  try {
    const found = find(await readObfBadges(context, key), badge.badgeId, clientId);
    return named(given ?? found.name);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (given === null)
      throw new Problem(error.code, [...error.words, GIVE_A_NAME], { exit: error.exit, cause: error });
    return { name: given, notes: error.words.map(careful) };
  }
}

const named = (name: string | null) => ({ name, notes: name === null ? [NO_NAME] : [] });

const notSet = (variable: string): Localized =>
  say`${variable} : la variable n'est pas encore définie ici ; elle doit l'être avant de relancer Palier.
    ${variable}: is not set here yet; it has to be before Palier is started again.`;

/** @throws Problem when it is not among them */
function find(badges: readonly ObfBadge[], badgeId: BadgeId, clientId: ClientId): ObfBadge {
  const found = badges.find(({ id }) => id === badgeId);
  if (found !== undefined) return found;
  const known = badges.map(({ id }) => id);
  const meant = didYouMean(nearest(badgeId, known));
  const shown = withoutAddresses(badgeId);
  throw problem`unknown_badge
    Le badge ${shown} n'est pas dans le compte OBF de ${clientId}, ou y est encore un brouillon${meant}
    The badge ${shown} is not in the OBF account of ${clientId}, or is a draft there${meant}`;
}

const careful = (words: Localized): Localized => labelled({ fr: 'Attention', en: 'Careful' }, words);

const NO_NAME = say`Inscrit sans nom : les personnes liront l'identifiant. Ajoutez « name » à la ligne.
  Enrolled without a name: people will read the id. Add "name" to the line.`;
const GIVE_A_NAME = say`Pour l'inscrire quand même, donnez --name.
  To enrol it all the same, give --name.`;

import type { BadgeId, ClientId } from '../../ids.js';
import type { Enrolment, Partner, Scheme } from '../../rules/types.js';
import { enrolmentWords, periodOf } from '../shared/enrolment-words.js';
import { counted, indented, labelled, type Localized } from '../shared/words.js';
import { PARTNER_ARGUMENT, partnerOf } from './arguments.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { type ApiKey, apiKey, type ObfBadge, readObfBadges } from './obf-badges.js';
import { Problem } from './problem.js';
import { requireScheme, requireSettings } from './settings.js';

export const partnerBadges = command({
  name: 'partner badges',
  summary: {
    fr: "montre les badges OBF d'un partenaire, inscrits ou non",
    en: "shows a partner's OBF badges, enrolled or not",
  },
  details: [
    {
      fr: "Lit dans OBF, avec la clé d'API du partenaire ; les brouillons n'y sont pas. « npx palier partner enrol » en inscrit un.",
      en: 'Reads OBF with the partner\'s API key; drafts are left out. "npx palier partner enrol" enrols one.',
    },
  ],
  args: [PARTNER_ARGUMENT],
  progress: { fr: "Lecture d'OBF", en: 'Reading OBF' },
  work: async (call, { context }) => {
    const config = requireSettings(context, ['TZ_SCHEME']);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    const partner = partnerOf(scheme, call.args[0] ?? '');
    const badges = await readObfBadges(context, keyOf(context, partner));
    return { scheme, partner, compared: compare(scheme, partner, badges) };
  },
  answer: ({ scheme, partner, compared }, { lang }) => ({
    lines: badgeLines(scheme, partner, compared).map((words) => words[lang]),
    json: badgesJson(scheme, partner, compared),
  }),
});

/** @throws Problem when there is no key, and what to do */
function keyOf(context: Context, { clientId, name, secretEnv }: Partner): ApiKey {
  const key = secretEnv === null ? null : apiKey(context, clientId, secretEnv);
  if (key !== null) return key;
  const missing =
    secretEnv === null
      ? {
          fr: `« ${name} » n'a pas de clé d'API : donnez-lui dans partners.yaml un secret_env (le nom d'une variable, comme OBF_SECRET_${variablePart(clientId)}), et mettez la clé dans cette variable.`,
          en: `"${name}" has no API key: give it a secret_env in partners.yaml (the name of a variable, like OBF_SECRET_${variablePart(clientId)}), and put the key into that variable.`,
        }
      : {
          fr: `${secretEnv} : la variable manque ; partners.yaml la nomme pour la clé d'API de « ${name} ».`,
          en: `${secretEnv}: is not set; partners.yaml names it for the API key of "${name}".`,
        };
  throw new Problem('no_key', [missing, WITHOUT_KEY]);
}

const variablePart = (clientId: string): string => clientId.toUpperCase().replace(/\W/g, '_');

const WITHOUT_KEY: Localized = {
  fr: "Sans clé, demandez à l'organisme l'identifiant de chaque badge : « npx palier partner enrol » l'inscrit aussi.",
  en: 'Without a key, ask the partner for the id of each badge: "npx palier partner enrol" enrols it as well.',
};

/** A partner's badges in OBF, beside what partners.yaml has of them. */
interface Compared {
  readonly enrolled: readonly { readonly badge: ObfBadge; readonly enrolment: Enrolment }[];
  /** `enrolledBy`: another partner has it in partners.yaml, which cannot be right. */
  readonly free: readonly { readonly badge: ObfBadge; readonly enrolledBy: ClientId | null }[];
  /** Enrolled, and not in the account: mistyped, deleted, or a draft. */
  readonly missing: readonly Enrolment[];
}

/** Pure. Each list in the order of what it was read from. */
function compare(scheme: Scheme, partner: Partner, badges: readonly ObfBadge[]): Compared {
  const own = new Map(partner.badges.map((enrolment) => [enrolment.badgeId, enrolment]));
  const inObf = new Map<BadgeId, ObfBadge>(badges.map((badge) => [badge.id, badge]));
  return {
    enrolled: partner.badges.flatMap((enrolment) => {
      const badge = inObf.get(enrolment.badgeId);
      return badge === undefined ? [] : [{ badge, enrolment }];
    }),
    free: badges
      .filter(({ id }) => !own.has(id))
      .map((badge) => ({ badge, enrolledBy: scheme.enrolments.get(badge.id)?.clientId ?? null })),
    missing: partner.badges.filter(({ badgeId }) => !inObf.has(badgeId)),
  };
}

/** A partner's badges in words: enrolled, not enrolled, and unknown in OBF. */
function badgeLines(
  scheme: Scheme,
  partner: Partner,
  { enrolled, free, missing }: Compared,
): readonly Localized[] {
  const inObf = counted(
    enrolled.length + free.length,
    { fr: 'badge dans OBF', en: 'badge in OBF' },
    { fr: 'badges dans OBF', en: 'badges in OBF' },
  );
  const { name, clientId } = partner;
  return [
    { fr: `${name} (${clientId}) : ${inObf.fr}`, en: `${name} (${clientId}): ${inObf.en}` },
    ...(partner.active ? [] : [INACTIVE]),
    ...part(
      ENROLLED,
      enrolled.map(({ badge, enrolment }) => labelled(badgeWords(badge), enrolmentWords(scheme, enrolment))),
    ),
    ...part(
      FREE,
      free.map(({ badge, enrolledBy }) =>
        enrolledBy === null
          ? badgeWords(badge)
          : labelled(badgeWords(badge), {
              fr: `attention, partners.yaml l'inscrit pour ${enrolledBy}`,
              en: `careful, partners.yaml enrols it for ${enrolledBy}`,
            }),
      ),
    ),
    ...part(
      MISSING,
      missing.map((enrolment) => labelled(lineWords(enrolment), enrolmentWords(scheme, enrolment))),
    ),
  ];
}

const INACTIVE: Localized = {
  fr: 'Ne participe plus (active: false) : aucun de ses badges ne compte.',
  en: 'Takes no part (active: false): none of its badges counts.',
};
const ENROLLED: Localized = { fr: 'Inscrits', en: 'Enrolled' };
const FREE: Localized = { fr: 'Non inscrits', en: 'Not enrolled' };
const MISSING: Localized = {
  fr: 'Inscrits, mais inconnus dans ce compte OBF (identifiant mal copié, badge supprimé, ou brouillon)',
  en: 'Enrolled, but unknown in this OBF account (id mistyped, badge deleted, or a draft)',
};

/** A heading and its lines; nothing where there are none. */
const part = (title: Localized, lines: readonly Localized[]): readonly Localized[] =>
  lines.length === 0 ? [] : [{ fr: '', en: '' }, title, ...lines.map(indented)];

const badgeWords = ({ id, name }: ObfBadge): Localized =>
  name === null ? { fr: id, en: id } : { fr: `${id} « ${name} »`, en: `${id} "${name}"` };

const lineWords = ({ badgeId, name }: Enrolment): Localized => badgeWords({ id: badgeId, name });

/** The same for a program. */
function badgesJson(scheme: Scheme, { clientId, name, active }: Partner, compared: Compared) {
  const enrolmentJson = (enrolment: Enrolment) => {
    const { from, until } = periodOf(enrolment, scheme.timeZone);
    const { competency, level, ability, replaces } = enrolment;
    return { competency, level, ability, enrolled_from: from, enrolled_until: until, replaces };
  };
  return {
    client_id: clientId,
    name,
    active,
    enrolled: compared.enrolled.map(({ badge, enrolment }) => ({ ...badge, ...enrolmentJson(enrolment) })),
    not_enrolled: compared.free.map(({ badge, enrolledBy }) => ({ ...badge, enrolled_by: enrolledBy })),
    unknown_in_obf: compared.missing.map((enrolment) => ({
      id: enrolment.badgeId,
      name: enrolment.name,
      ...enrolmentJson(enrolment),
    })),
  };
}

import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import { counted, type Localized } from '../../shared/words.js';
import { enrolmentWords, periodOf } from '../../shared/enrolment-words.js';
import type { Compared } from './enrolled.js';
import type { ObfBadge } from './obf-badges.js';

/** A partner's badges in words: enrolled, not enrolled, and unknown in OBF. */
export function badgeLines(
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
      enrolled.map(({ badge, enrolment }) => joined(badgeWords(badge), enrolmentWords(scheme, enrolment))),
    ),
    ...part(
      FREE,
      free.map(({ badge, enrolledBy }) =>
        enrolledBy === null
          ? badgeWords(badge)
          : joined(badgeWords(badge), {
              fr: `attention, partners.yaml l'inscrit pour ${enrolledBy}`,
              en: `careful, partners.yaml enrols it for ${enrolledBy}`,
            }),
      ),
    ),
    ...part(
      MISSING,
      missing.map((enrolment) => joined(lineWords(enrolment), enrolmentWords(scheme, enrolment))),
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
  lines.length === 0
    ? []
    : [{ fr: '', en: '' }, title, ...lines.map(({ fr, en }) => ({ fr: `  ${fr}`, en: `  ${en}` }))];

const joined = (name: Localized, about: Localized): Localized => ({
  fr: `${name.fr} : ${about.fr}`,
  en: `${name.en}: ${about.en}`,
});

const badgeWords = ({ id, name }: ObfBadge): Localized =>
  name === null ? { fr: id, en: id } : { fr: `${id} « ${name} »`, en: `${id} "${name}"` };

const lineWords = ({ badgeId, name }: Enrolment): Localized => badgeWords({ id: badgeId, name });

/** The same for a program. */
export function badgesJson(scheme: Scheme, { clientId, name, active }: Partner, compared: Compared) {
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

import type { Enrolment, Scheme } from '../../../rules/types.js';
import { answer } from '../answer.js';
import type { Call, Command, Context } from '../context.js';
import { EXIT } from '../exit.js';
import { Problem, wrongUsage } from '../problem.js';
import { withProgress } from '../progress.js';
import { requireScheme } from '../read-scheme.js';
import { requireSettings } from '../settings.js';
import type { Localized } from '../../shared/words.js';
import { enrolRequestOf, type EnrolRequest } from './enrol-request.js';
import { badgeName } from './badge-name.js';
import { ENROL_HELP } from './enrol-help.js';
import { enrolmentWords, periodOf } from '../../shared/enrolment-words.js';
import { unknownPartner } from './partner-argument.js';
import { writeEnrolment, type Written } from './write-enrolment.js';

/** Tells what the files as they now are mean for people: lines in the language of the call, and JSON. */
export type TellPlan = (
  call: Call,
  context: Context,
) => Promise<{ readonly lines: readonly string[]; readonly json: unknown }>;

/** @param tellPlan told last, once the lines are written */
export const partnerEnrolWith = (tellPlan: TellPlan): Command => ({
  ...ENROL_HELP,
  run: async (call, context) => {
    const asked = enrolRequestOf(call);
    const config = requireSettings(context, ['TZ_SCHEME']);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    const existing = scheme.enrolments.get(asked.badge.badgeId);
    if (existing !== undefined) {
      const words = existingWords(scheme, existing, asked);
      answer(call, context, [words[call.lang]], { ...idsOf(asked), changed: false });
      return EXIT.good;
    }
    const about = { fr: "Lecture d'OBF", en: 'Reading OBF' };
    const { name, notes } = await withProgress({ ...context, lang: call.lang }, about, () =>
      badgeName(context, asked, secretEnvOf(scheme, asked)),
    );
    const named = { ...asked, badge: { ...asked.badge, name } };
    const written = await writeEnrolment(context, config, named, scheme);
    const remarks = [...notes, ...written.warnings, ...inactive(scheme, asked)];
    tell(call, context, { asked: named, written, remarks, plan: await tellPlan(call, context) });
    return EXIT.good;
  },
});

interface Told {
  readonly asked: EnrolRequest;
  readonly written: Written;
  readonly remarks: readonly Localized[];
  readonly plan: Awaited<ReturnType<TellPlan>>;
}

function tell(call: Call, context: Context, { asked, written, remarks, plan }: Told): void {
  const { file, line, lines } = written;
  const inWords = remarks.map((words) => words[call.lang]);
  answer(call, context, [...writtenLines(written, call), ...inWords, ...plan.lines], {
    ...idsOf(asked),
    name: asked.badge.name,
    changed: true,
    file,
    line,
    lines,
    remarks: inWords,
    plan: plan.json,
  });
}

const idsOf = ({ clientId, badge }: EnrolRequest) => ({ client_id: clientId, badge: badge.badgeId });

/** @throws Problem when it is not known yet who the partner is, or is already */
function secretEnvOf(scheme: Scheme, { clientId, partner }: EnrolRequest): string | null {
  const known = scheme.partnersById.get(clientId);
  if (known === undefined && partner.name !== null) return partner.secretEnv;
  if (known === undefined) throw unknownPartner(scheme, clientId, NEW_PARTNER);
  if (partner.name === null && partner.secretEnv === null) return known.secretEnv;
  throw wrongUsage({
    fr: `${clientId} est déjà dans partners.yaml : --partner-name et --secret-env ne servent qu'à un nouveau.`,
    en: `${clientId} is in partners.yaml already: --partner-name and --secret-env are for a new one only.`,
  });
}

const NEW_PARTNER: Localized = {
  fr: ". S'il est nouveau, donnez --partner-name",
  en: '. If it is new, give --partner-name',
};

const inactive = ({ partnersById }: Scheme, { clientId }: EnrolRequest): readonly Localized[] =>
  partnersById.get(clientId)?.active === false
    ? [
        {
          fr: `${clientId} ne participe plus (active: false) : le badge ne compte pas.`,
          en: `${clientId} takes no part (active: false): the badge does not count.`,
        },
      ]
    : [];

const writtenLines = ({ file, line, lines }: Written, { lang }: Call): readonly string[] => [
  { fr: `Inscrit dans ${file}, ligne ${line} :`, en: `Enrolled in ${file}, line ${line}:` }[lang],
  ...lines.map((text) => `  + ${text}`),
];

/** What is said of a badge that is enrolled already. @throws Problem when it is, but not as was asked */
function existingWords(scheme: Scheme, existing: Enrolment, asked: EnrolRequest): Localized {
  const { badgeId, clientId } = existing;
  const as = enrolmentWords(scheme, existing);
  if (isAsAsked(scheme, existing, asked))
    return {
      fr: `${badgeId} est déjà inscrit pour ${clientId} (${as.fr}) : rien n'est écrit.`,
      en: `${badgeId} is enrolled for ${clientId} already (${as.en}): nothing is written.`,
    };
  throw new Problem('enrolled_otherwise', [
    {
      fr: `${badgeId} est déjà inscrit, autrement : pour ${clientId} (${as.fr}). Rien n'est écrit ; pour le changer, modifiez sa ligne dans partners.yaml.`,
      en: `${badgeId} is enrolled already, in another way: for ${clientId} (${as.en}). Nothing is written; to change it, edit its line in partners.yaml.`,
    },
  ]);
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

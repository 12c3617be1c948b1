import { withoutAddresses } from '../../platform/logger.js';
import { nearest } from '../../rules/parse/messages.js';
import type { Enrolment, Scheme } from '../../rules/types.js';
import { enrolmentWords, periodOf } from '../shared/enrolment-words.js';
import type { Localized } from '../shared/words.js';
import { didYouMean, unknownPartner } from './arguments.js';
import { type Answer, printAnswer, untilInterrupted } from './command.js';
import type { Call, Command, Context } from './context.js';
import { writeEnrolment, type Written } from './enrol-file.js';
import { ENROL_HELP, type EnrolRequest, enrolRequestOf } from './enrol-request.js';
import { type ApiKey, apiKey, type ObfBadge, readObfBadges } from './obf-badges.js';
import { planJson } from './plan-json.js';
import { planLines, THE_FILES } from './plan-words.js';
import { planNow, READING } from './plan.js';
import { Problem, wrongUsage } from './problem.js';
import { withProgress } from './progress.js';
import { requireScheme, requireSettings } from './settings.js';

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
      return printAnswer(call, context, {
        lines: [words[call.lang]],
        json: { ...idsOf(asked), changed: false },
      });
    }
    const about = { fr: "Lecture d'OBF", en: 'Reading OBF' };
    const { name, notes } = await withProgress({ ...context, lang: call.lang }, about, () =>
      badgeName(context, asked, secretEnvOf(scheme, asked)),
    );
    const named = { ...asked, badge: { ...asked.badge, name } };
    const written = await writeEnrolment(context, config, named, scheme);
    const remarks = [...notes, ...written.warnings, ...inactive(scheme, asked)];
    const plan = await tellPlan(call, context);
    return printAnswer(call, context, enrolledAnswer(call, { asked: named, written, remarks, plan }));
  },
});

interface EnrolledNow {
  readonly asked: EnrolRequest;
  readonly written: Written;
  readonly remarks: readonly Localized[];
  readonly plan: Awaited<ReturnType<TellPlan>>;
}

function enrolledAnswer(call: Call, { asked, written, remarks, plan }: EnrolledNow): Answer {
  const { file, line, lines } = written;
  const inWords = remarks.map((words) => words[call.lang]);
  return {
    lines: [...writtenLines(written, call), ...inWords, ...plan.lines],
    json: {
      ...idsOf(asked),
      name: asked.badge.name,
      changed: true,
      file,
      line,
      lines,
      remarks: inWords,
      plan: plan.json,
    },
  };
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

/** Shows the plan of the files with the new lines; where it cannot be made now, what to type later. */
const nextStep: TellPlan = async (call, context) => {
  const next = NEXT[call.lang];
  try {
    const { made, limits } = await untilInterrupted(context, (signal) =>
      withProgress({ ...context, lang: call.lang }, READING, (report) =>
        planNow(null, { context, report, signal }),
      ),
    );
    const lines = ['', ...planLines(made, limits, THE_FILES, call.lang), next];
    return { lines, json: planJson(made, limits.floor) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { lines: [next], json: null };
  }
};

const NEXT = {
  fr: 'Rien ne change pour personne avant « npx palier apply » ; « npx palier plan » redit qui cela concerne.',
  en: 'Nothing changes for anybody before "npx palier apply"; "npx palier plan" tells again whom it concerns.',
};

export const partnerEnrol = partnerEnrolWith(nextStep);

interface BadgeName {
  readonly name: string | null;
  /** What should be known about it. */
  readonly notes: readonly Localized[];
}

/**
 * The name that was asked for, else that of OBF. Where the key allows, OBF is asked either way: a badge
 * that is not in the account would never count.
 * @param secretEnv the partner's variable
 * @throws Problem when OBF has no such badge, or does not say, and no name was given
 */
async function badgeName(
  context: Context,
  asked: EnrolRequest,
  secretEnv: string | null,
): Promise<BadgeName> {
  const key = secretEnv === null ? null : apiKey(context, asked.clientId, secretEnv);
  if (key === null) return withoutKey(asked, secretEnv);
  const given = asked.badge.name;
  try {
    const badge = find(await readObfBadges(context, key), asked, key);
    const name = given ?? badge.name;
    return { name, notes: name === null ? [NO_NAME] : [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (given === null)
      throw new Problem(error.code, [...error.words, GIVE_A_NAME], { exit: error.exit, cause: error });
    return { name: given, notes: error.words.map(careful) };
  }
}

function withoutKey({ badge: { name } }: EnrolRequest, secretEnv: string | null): BadgeName {
  const notes = name === null ? [NO_NAME] : [];
  return { name, notes: secretEnv === null ? notes : [...notes, notSet(secretEnv)] };
}

const notSet = (variable: string): Localized => ({
  fr: `${variable} : la variable n'est pas encore définie ici ; elle doit l'être avant de relancer Palier.`,
  en: `${variable}: is not set here yet; it has to be before Palier is started again.`,
});

/** @throws Problem when it is not among them */
function find(
  badges: readonly ObfBadge[],
  { badge: { badgeId } }: EnrolRequest,
  { clientId }: ApiKey,
): ObfBadge {
  const found = badges.find(({ id }) => id === badgeId);
  if (found !== undefined) return found;
  const meant = didYouMean(
    nearest(
      badgeId,
      badges.map(({ id }) => id),
    ),
  );
  throw new Problem('unknown_badge', [
    {
      fr: `Le badge ${withoutAddresses(badgeId)} n'est pas dans le compte OBF de ${clientId}, ou y est encore un brouillon${meant.fr}`,
      en: `The badge ${withoutAddresses(badgeId)} is not in the OBF account of ${clientId}, or is a draft there${meant.en}`,
    },
  ]);
}

const careful = ({ fr, en }: Localized): Localized => ({ fr: `Attention : ${fr}`, en: `Careful: ${en}` });

const NO_NAME: Localized = {
  fr: "Inscrit sans nom : les personnes liront l'identifiant. Ajoutez « name » à la ligne.",
  en: 'Enrolled without a name: people will read the id. Add "name" to the line.',
};
const GIVE_A_NAME: Localized = {
  fr: "Pour l'inscrire quand même, donnez --name.",
  en: 'To enrol it all the same, give --name.',
};

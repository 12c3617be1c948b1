import type { Plan, PlanCost } from '../../rules/plan.js';
import type { Scheme } from '../../rules/types.js';
import { applyRules } from '../../workers/apply-scheme.js';
import { makePlan } from '../../scheme/make-plan.js';
import { type Application, type ApplyOptions, SchemeMoved } from '../../scheme/state.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { PAUSED } from '../shared/issuing-words.js';
import type { Lang } from '../shared/words.js';
import { awardOf } from './arguments.js';
import { printAnswer, readLine, untilInterrupted } from './command.js';
import type { Call, Command, Context } from './context.js';
import { Problem, wrongUsage } from './problem.js';
import { withProgress } from './progress.js';
import { withPipeline } from './session.js';

export const apply: Command = {
  name: 'apply',
  summary: {
    fr: 'met en vigueur les règles des fichiers, et délivre ce que « plan » annonce',
    en: 'puts the rules of the files into force, and gives what "plan" tells',
  },
  details: [
    {
      fr: "Les workers délivrent, au rythme d'OBF. Arrêtée en route, retapez-la : elle reprend comme elle a commencé, et personne ne reçoit deux fois.",
      en: "The workers issue, at OBF's rate. Stopped on its way, type it again: it goes on as it began, and nobody is given a badge twice.",
    },
  ],
  args: [],
  options: [
    {
      flag: '--auto-upto',
      value: { fr: 'nombre', en: 'number' },
      about: {
        fr: 'refuse, sans rien changer, si plus de badges seraient délivrés ; sinon ne demande rien',
        en: 'refuses, and changes nothing, if more badges would be issued; else does not ask',
      },
    },
    {
      flag: '--only',
      value: { fr: 'badge', en: 'award' },
      about: {
        fr: "n'applique que ce badge Région (communiquer-1...) ; le reste attend",
        en: 'applies this award alone (communiquer-1...); the rest waits',
      },
    },
    {
      flag: '--no-email',
      about: { fr: 'demande à OBF de ne pas écrire aux personnes', en: 'has OBF send no e-mail' },
    },
    {
      flag: '--over-quota',
      about: {
        fr: "applique même si le quota d'OBF ne suffit pas : les envois s'arrêteront, et reprendront quand il sera relevé",
        en: "applies even if OBF's quota is too small: issuing will stop, and go on when it was raised",
      },
    },
    { flag: '--yes', about: { fr: 'ne demande rien', en: 'does not ask' } },
  ],
  run: async (call, context) => {
    const applied = await untilInterrupted(context, (signal) =>
      withPipeline(context, (pipeline, { obfMaxRps }) =>
        putIntoForce(call, context, pipeline, obfMaxRps, signal),
      ),
    );
    return printAnswer(call, context, {
      lines: appliedLines(applied, call.lang),
      json: appliedJson(applied),
    });
  },
};

/** @throws Problem when it is refused; nothing was changed then */
async function putIntoForce(
  call: Call,
  context: Context,
  pipeline: Pipeline,
  maxRps: number,
  signal: AbortSignal,
): Promise<Applied> {
  const { scheme, schemes, quota, queues } = pipeline;
  const how = resumeOptions(readRequest(call, scheme), await schemes.unfinished(), scheme);
  const shown = { streams: context.streams, lang: call.lang };
  // What it would burn is weighed against what OBF says; where it cannot be asked, issuing does so itself.
  if ((await quota.known()) === null) await quota.read(signal).catch(() => undefined);
  const made = await withProgress(shown, PLANNING, (report) =>
    makePlan(pipeline, { scheme, only: how.only, maxRps }, report, signal),
  );
  const { plan, cost } = made;
  await requireConsent(call, context, how, cost);
  try {
    await withProgress(shown, GIVING, (report) => applyRules(pipeline, scheme, how, made, report, signal));
  } catch (error) {
    throw error instanceof SchemeMoved ? moved(error) : error;
  }
  return { plan, cost, how, paused: await queues.awards.isPaused() };
}

const PLANNING = { fr: 'Lecture des portefeuilles', en: 'Reading the portfolios' };
const GIVING = { fr: 'Mise en route des badges', en: 'Sending badges on their way' };

const moved = (cause: SchemeMoved): Problem =>
  new Problem(
    'scheme_moved',
    [
      {
        fr: "D'autres fichiers sont devenus les règles entre-temps (un déploiement ?). Relancez « npx palier plan ».",
        en: 'Other files became the rules meanwhile (a deploy?). Type "npx palier plan" again.',
      },
    ],
    { cause },
  );

/** What was typed. */
interface ApplyRequest extends ApplyOptions {
  /** Refuse above so many badges; null: no such limit. */
  readonly upto: number | null;
  readonly overQuota: boolean;
  readonly yes: boolean;
}

/** @throws Problem for a number that is none, or an award that the scheme does not have */
function readRequest({ flags }: Call, scheme: Scheme): ApplyRequest {
  const { autoUpto, only, email } = flags;
  return {
    upto: typeof autoUpto === 'string' ? wholeOf(autoUpto) : null,
    only: typeof only === 'string' ? awardOf(scheme, only).id : null,
    suppressEmail: email === false,
    overQuota: flags['overQuota'] === true,
    yes: flags['yes'] === true,
  };
}

function wholeOf(typed: string): number {
  if (/^\d{1,9}$/.test(typed)) return Number(typed);
  throw wrongUsage({
    fr: '--auto-upto : un nombre entier est attendu, par exemple --auto-upto 100',
    en: '--auto-upto: a whole number is expected, for example --auto-upto 100',
  });
}

/**
 * What was begun and stopped goes on as it was asked for then.
 * @throws Problem when something else was typed: that would leave half of the people with an e-mail
 */
function resumeOptions(asked: ApplyRequest, begun: Application | null, { version }: Scheme): ApplyRequest {
  if (begun === null || begun.version !== version) return asked;
  const otherOnly = asked.only !== null && asked.only !== begun.only;
  if (otherOnly || (asked.suppressEmail && !begun.suppressEmail)) throw otherBegun(begun);
  return { ...asked, only: begun.only, suppressEmail: begun.suppressEmail };
}

const otherBegun = ({ only }: Application): Problem => {
  const options = only === null ? '' : ` --only ${only}`;
  return new Problem('apply_unfinished', [
    {
      fr: `Une application a été arrêtée avant la fin. Terminez-la d'abord : npx palier apply${options}`,
      en: `An application was stopped before its end. Finish it first: npx palier apply${options}`,
    },
  ]);
};

/**
 * Goes on, or throws: above the limit that was set, beyond the quota, or when whoever sits at the terminal
 * says no. Where nobody does, what was typed is what was meant.
 * @throws Problem
 */
async function requireConsent(
  { lang }: Call,
  { streams }: Context,
  { upto, overQuota, yes }: ApplyRequest,
  { issues, quotaShort }: PlanCost,
): Promise<void> {
  if (upto !== null && issues > upto) throw above(issues, upto);
  if (quotaShort > 0 && !overQuota) throw beyondQuota(issues, quotaShort);
  if (issues === 0 || upto !== null || yes || !streams.isTty.stdin || !streams.isTty.stderr) return;
  const question = {
    fr: `${issues} badges seront délivrés. Tapez « oui » pour continuer : `,
    en: `${issues} badges will be issued. Type "yes" to go on: `,
  };
  streams.errText(question[lang]);
  if (/^(oui|o|yes|y)$/i.test((await readLine(streams.stdin)).trim())) return;
  throw new Problem('not_confirmed', [{ fr: "Rien n'a été changé.", en: 'Nothing was changed.' }]);
}

const above = (issues: number, upto: number): Problem =>
  new Problem('above_limit', [
    {
      fr: `${issues} badges seraient délivrés, plus que les ${upto} permis : rien n'a été changé. « npx palier plan » dit lesquels ; sans --auto-upto, ou avec un nombre plus grand, « apply » les délivre.`,
      en: `${issues} badges would be issued, more than the ${upto} allowed: nothing was changed. "npx palier plan" tells which; without --auto-upto, or with a larger number, "apply" issues them.`,
    },
  ]);

const beyondQuota = (issues: number, short: number): Problem =>
  new Problem('beyond_quota', [
    {
      fr: `Le quota d'OBF ne suffit pas : il en manque ${short} pour délivrer ${issues} badges. Rien n'a été changé. Faites relever le quota, appliquez un badge à la fois (--only), ou ajoutez --over-quota.`,
      en: `OBF's quota is too small: ${short} are missing to issue ${issues} badges. Nothing was changed. Have the quota raised, apply one award at a time (--only), or add --over-quota.`,
    },
  ]);

/** What was done. */
interface Applied {
  readonly plan: Plan;
  readonly cost: PlanCost;
  readonly how: ApplyOptions;
  /** Nothing leaves before ops says so. */
  readonly paused: boolean;
}

const plural = (count: number, one: string, many: string): string => `${count} ${count > 1 ? many : one}`;

function appliedLines({ plan, cost, how, paused }: Applied, lang: Lang): readonly string[] {
  const { version, only } = plan;
  const inForce =
    only === null
      ? { fr: `Version ${version} en vigueur.`, en: `Version ${version} is in force.` }
      : {
          fr: `« ${only} » en vigueur d'après la version ${version} ; le reste attend.`,
          en: `"${only}" is in force by version ${version}; the rest waits.`,
        };
  const gains = plan.awards.filter((award) => award.gains.length > 0);
  const lines = gains.map(
    (one) => `  ${one.award.name} (${one.award.id}) : ${plural(one.gains.length, 'badge', 'badges')}`,
  );
  return [inForce[lang], onTheWay(cost, how, lang), ...lines, ...(paused ? [PAUSED[lang]] : [])];
}

function onTheWay({ issues, atLeastS }: PlanCost, { suppressEmail }: ApplyOptions, lang: Lang): string {
  if (issues === 0) return { fr: 'Personne ne gagne de badge.', en: 'Nobody gains a badge.' }[lang];
  const mail = suppressEmail ? { fr: ', sans e-mail', en: ', without e-mail' }[lang] : '';
  const fr = `${plural(issues, 'badge mis en route', 'badges mis en route')}${mail} ; les workers les délivrent, en ${atLeastS} s au moins :`;
  const en = `${plural(issues, 'badge is', 'badges are')} on the way${mail}; the workers issue them, in ${atLeastS} s at least:`;
  return { fr, en }[lang];
}

const appliedJson = ({ plan, cost, how, paused }: Applied): unknown => ({
  version: plan.version,
  only: plan.only,
  send_email: !how.suppressEmail,
  issues: cost.issues,
  awards: plan.awards
    .filter(({ gains }) => gains.length > 0)
    .map(({ award, gains }) => ({ award: award.id, issues: gains.length })),
  issuing_paused: paused,
});

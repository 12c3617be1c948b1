import type { Scheme } from '../../../rules/types.js';
import { applyRules, planWithQuota } from '../../../workers/apply-scheme.js';
import { planJson, type PlanJson } from '../../../scheme/plan-json.js';
import { type Application, type ApplyOptions, SchemeMoved } from '../../../scheme/schemes.js';
import { PAUSED } from '../../shared/words.js';
import { plural, say } from '../../../localized.js';
import { inPipeline } from '../session.js';
import {
  type CommandCall,
  type Command,
  CommandProblem,
  wrongUsage,
  problem,
  requireAnswer,
  withProgress,
  awardOf,
} from '../command.js';
import { READING } from './plan.js';

export const apply: Command = {
  help: `
    met en vigueur les règles des fichiers, et délivre ce que « plan » annonce
      puts the rules of the files into force, and gives what "plan" tells
    Les workers délivrent, au rythme d'OBF. Arrêtée en route, retapez-la : elle reprend comme elle a commencé, et personne ne reçoit deux fois.
      The workers issue, at OBF's rate. Stopped on its way, type it again: it goes on as it began, and nobody is given a badge twice.`,
  options: {
    '--auto-upto <nombre|number>': say`refuse, sans rien changer, si plus de badges seraient délivrés ; sinon ne demande rien
      refuses, and changes nothing, if more badges would be issued; else does not ask`,
    '--only <badge|award>': say`n'applique que ce badge Région (communiquer-1...) ; le reste attend
      applies this award alone (communiquer-1...); the rest waits`,
    '--no-email': { fr: 'demande à OBF de ne pas écrire aux personnes', en: 'has OBF send no e-mail' },
    '--over-quota': say`applique même si le quota d'OBF ne suffit pas : les envois s'arrêteront, et reprendront quand il sera relevé
      applies even if OBF's quota is too small: issuing will stop, and go on when it was raised`,
    '--yes': { fr: 'ne demande rien', en: 'does not ask' },
  },
  interruptible: true,
  run: inPipeline(async (pipeline, call, { obfMaxRps: maxRps }) => {
    const { signal } = call;
    const { scheme, schemes, queues } = pipeline;
    const request = readRequest(call, scheme, await schemes.unfinished());
    const planned = await withProgress(call, READING, (report) =>
      planWithQuota(pipeline, { scheme, only: request.only, maxRps, keysPerAward: 0 }, report, signal),
    );
    const plan = planJson(planned);
    await requireConsent(call, request, plan);
    try {
      await withProgress(call, GIVING, (report) =>
        applyRules(pipeline, scheme, request, planned, report, signal),
      );
    } catch (error) {
      throw error instanceof SchemeMoved
        ? new CommandProblem('scheme_moved', MOVED, { cause: error })
        : error;
    }
    return appliedAnswer(plan, request, await queues.awards.isPaused());
  }),
};

const GIVING = { fr: 'Mise en route des badges', en: 'Sending badges on their way' };
const MOVED = say`D'autres fichiers sont devenus les règles entre-temps (un déploiement ?). Relancez « npx palier plan ».
  Other files became the rules meanwhile (a deploy?). Type "npx palier plan" again.`;

type ApplyRequest = ReturnType<typeof readRequest>;

/**
 * Reads the options. An unfinished application goes on with the options it began with.
 * @throws CommandProblem for a wrong number, an unknown award, or options that differ from the unfinished application's.
 *   With those, only half of the people would get an e-mail.
 */
function readRequest({ text, has }: CommandCall, scheme: Scheme, unfinished: Application | null) {
  const [typedUpto, typedOnly] = [text('autoUpto'), text('only')];
  if (typedUpto !== null && !/^\d{1,9}$/.test(typedUpto))
    throw wrongUsage(say`--auto-upto : un nombre entier est attendu, par exemple --auto-upto 100
      --auto-upto: a whole number is expected, for example --auto-upto 100`);
  const only = typedOnly === null ? null : awardOf(scheme, typedOnly).id;
  const suppressEmail = !has('email');
  const consent = {
    upto: typedUpto === null ? null : Number(typedUpto),
    overQuota: has('overQuota'),
    yes: has('yes'),
  };
  if (unfinished === null || unfinished.version !== scheme.version)
    return { ...consent, only, suppressEmail };
  const options = unfinished.only === null ? '' : ` --only ${unfinished.only}`;
  if ((only !== null && only !== unfinished.only) || (suppressEmail && !unfinished.suppressEmail))
    throw problem`apply_unfinished
      Une application a été arrêtée avant la fin. Terminez-la d'abord : npx palier apply${options}
      An application was stopped before its end. Finish it first: npx palier apply${options}`;
  return { ...consent, only: unfinished.only, suppressEmail: unfinished.suppressEmail };
}

/**
 * Asks the operator to confirm, at a terminal only: elsewhere the command itself is the consent.
 * @throws CommandProblem above `--auto-upto`, beyond the quota, or when the operator refuses
 */
async function requireConsent(call: CommandCall, request: ApplyRequest, { issues, quota }: PlanJson) {
  const { isTty } = call.streams;
  const { upto, overQuota, yes } = request;
  if (upto !== null && issues > upto)
    throw problem`above_limit
      ${issues} badges seraient délivrés, plus que les ${upto} permis : rien n'a été changé. « npx palier plan » dit lesquels ; sans --auto-upto, ou avec un nombre plus grand, « apply » les délivre.
      ${issues} badges would be issued, more than the ${upto} allowed: nothing was changed. "npx palier plan" tells which; without --auto-upto, or with a larger number, "apply" issues them.`;
  if (quota.short > 0 && !overQuota)
    throw problem`beyond_quota
      Le quota d'OBF ne suffit pas : il en manque ${quota.short} pour délivrer ${issues} badges. Rien n'a été changé. Faites relever le quota, appliquez un badge à la fois (--only), ou ajoutez --over-quota.
      OBF's quota is too small: ${quota.short} are missing to issue ${issues} badges. Nothing was changed. Have the quota raised, apply one award at a time (--only), or add --over-quota.`;
  if (issues === 0 || upto !== null || yes || !isTty.stdin || !isTty.stderr) return;
  const question = {
    fr: `${issues} badges seront délivrés. Tapez « oui » pour continuer : `,
    en: `${issues} badges will be issued. Type "yes" to go on: `,
  };
  await requireAnswer(call, question, isYes, { fr: "Rien n'a été changé.", en: 'Nothing was changed.' });
}

const isYes = (typed: string): boolean => /^(oui|o|yes|y)$/i.test(typed.trim());

function appliedAnswer(plan: PlanJson, { suppressEmail }: ApplyOptions, paused: boolean) {
  const { version, only, issues, at_least_s: seconds } = plan;
  const awards = plan.awards.filter(({ gains }) => gains > 0);
  const sent = plural(issues, 'badge mis en route|badges mis en route', 'badge is|badges are');
  const mail = suppressEmail ? { fr: ', sans e-mail', en: ', without e-mail' } : '';
  return {
    lines: [
      only === null
        ? { fr: `Version ${version} en vigueur.`, en: `Version ${version} is in force.` }
        : say`« ${only} » en vigueur d'après la version ${version} ; le reste attend.
          "${only}" is in force by version ${version}; the rest waits.`,
      issues === 0
        ? { fr: 'Personne ne gagne de badge.', en: 'Nobody gains a badge.' }
        : say`${sent}${mail} ; les workers les délivrent, en ${seconds} s au moins :
          ${sent} on the way${mail}; the workers issue them, in ${seconds} s at least:`,
      ...awards.map(({ award, name, gains }) => `  ${name} (${award}) : ${gains}`),
      paused && PAUSED,
    ],
    json: {
      version,
      only,
      send_email: !suppressEmail,
      issues,
      awards: awards.map(({ award, gains }) => ({ award, issues: gains })),
      issuing_paused: paused,
    },
  };
}

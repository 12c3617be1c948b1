import { applyRules } from '../../scheme/apply-rules.js';
import { makePlan } from '../../scheme/make-plan.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { SchemeMoved } from '../../scheme/schemes.js';
import { answer } from './answer.js';
import { askedOf, goingOn } from './apply/asked.js';
import { requireConsent } from './apply/consent.js';
import { APPLY_HELP } from './apply/help.js';
import { appliedJson, appliedLines, type Applied } from './apply/words.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { interruptible } from './interrupt.js';
import { withPipeline } from './pipeline-session.js';
import { Problem } from './problem.js';
import { withProgress } from './progress.js';

export const apply: Command = {
  ...APPLY_HELP,
  run: async (call, context) => {
    const applied = await interruptible(context, (signal) =>
      withPipeline(context, [], (pipeline, { obfMaxRps }) =>
        putIntoForce(call, context, pipeline, obfMaxRps, signal),
      ),
    );
    answer(call, context, appliedLines(applied, call.lang), appliedJson(applied));
    return EXIT.good;
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
  const how = goingOn(askedOf(call, scheme), await schemes.unfinished(), scheme);
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
    undefined,
    { cause },
  );

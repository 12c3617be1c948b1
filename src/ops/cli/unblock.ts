import { readPerson } from '../../earners/person.js';
import type { EarnerKey } from '../../ids.js';
import type { Award } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { unblockAward } from '../../workers/unblock.js';
import { PAUSED } from '../shared/issuing-words.js';
import type { Lang } from '../shared/words.js';
import { awardOf, EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from './arguments.js';
import { command } from './command.js';
import { Problem } from './problem.js';
import { withPipeline } from './session.js';

export const unblock = command({
  name: 'unblock',
  summary: {
    fr: 'laisse redonner un badge Région révoqué à la main',
    en: 'lets an award that was revoked by hand be given again',
  },
  details: [
    {
      fr: "Le badge est délivré à nouveau dès que sa règle est remplie : tout de suite, si elle l'est. « npx palier explain » dit ce qui est bloqué.",
      en: 'It is given again as soon as its rule is met: at once, if it is. "npx palier explain" tells what is blocked.',
    },
  ],
  args: [
    EARNER_OR_KEY_ARGUMENT,
    {
      name: { fr: 'badge', en: 'award' },
      about: {
        fr: 'le badge Région, par son nom dans scheme.yaml (communiquer-1...)',
        en: 'the award, by its name in scheme.yaml (communiquer-1...)',
      },
    },
  ],
  progress: { fr: 'Levée du blocage', en: 'Lifting the block' },
  work: async ({ args: [typed, typedAward = ''] }, { context }) => {
    const keyUnder = earnerOf(typed);
    return withPipeline(context, (pipeline) => lift(pipeline, keyUnder(pipeline.vault), typedAward));
  },
  answer: (lifted, { lang }) => ({
    lines: linesOf(lifted, lang),
    json: {
      earner: lifted.earner,
      award: lifted.award.id,
      unblocked: true,
      issuing_paused: lifted.paused,
    },
  }),
});

type Lifted = Awaited<ReturnType<typeof lift>>;

/** @throws Problem when there is nothing to lift */
async function lift(pipeline: Pipeline, earner: EarnerKey, typedAward: string) {
  const award = awardOf(pipeline.scheme, typedAward);
  const { assertions, held, blocked } = (await readPerson(pipeline, earner)).portfolio;
  if (assertions.length + held.length + blocked.length === 0) throw unknownEarner();
  if (!(await unblockAward(pipeline, earner, award.badgeId))) throw notBlocked(award);
  return { award, earner, paused: await pipeline.queues.awards.isPaused() };
}

const notBlocked = ({ name }: Award): Problem =>
  new Problem('not_blocked', [
    {
      fr: `« ${name} » n'est pas bloqué pour cette personne : rien n'est changé.`,
      en: `"${name}" is not blocked for this person: nothing is changed.`,
    },
    {
      fr: "« npx palier explain » dit où il en est. Une révocation toute récente n'est peut-être pas encore lue : « npx palier reconcile --full » la trouve.",
      en: '"npx palier explain" tells how it stands. A revocation of just now may not be read yet: "npx palier reconcile --full" finds it.',
    },
  ]);

function linesOf({ award, earner, paused }: Lifted, lang: Lang): readonly string[] {
  const words = {
    fr: `Blocage levé : « ${award.name} », bénéficiaire ${earner}. Il est délivré à nouveau dès que sa règle est remplie.`,
    en: `Block lifted: "${award.name}", earner ${earner}. It is given again as soon as its rule is met.`,
  };
  return [words[lang], ...(paused ? [PAUSED[lang]] : [])];
}

import { readPerson } from '../../../earners/person.js';
import { unblockAward } from '../../../workers/unblock.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { say } from '../../shared/words.js';
import { awardOf, EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from '../arguments.js';
import { inPipeline } from '../session.js';
import { type Command, Problem } from '../command.js';

export const unblock: Command = {
  name: 'unblock',
  help: [
    say`laisse redonner un badge Région révoqué à la main
      lets an award that was revoked by hand be given again`,
    say`Le badge est délivré à nouveau dès que sa règle est remplie : tout de suite, si elle l'est. « npx palier explain » dit ce qui est bloqué.
      It is given again as soon as its rule is met: at once, if it is. "npx palier explain" tells what is blocked.`,
  ],
  args: {
    ...EARNER_OR_KEY_ARGUMENT,
    'badge|award': say`le badge Région, par son nom dans scheme.yaml (communiquer-1...)
      the award, by its name in scheme.yaml (communiquer-1...)`,
  },
  progress: { fr: 'Levée du blocage', en: 'Lifting the block' },
  run: inPipeline(async (pipeline, { args: [typed, typedAward = ''] }) => {
    const earner = earnerOf(pipeline.vault, typed);
    const { id, name, badgeId } = awardOf(pipeline.scheme, typedAward);
    const { assertions, held, blocked } = (await readPerson(pipeline, earner)).portfolio;
    if (assertions.length + held.length + blocked.length === 0) throw unknownEarner();
    if (!(await unblockAward(pipeline, earner, badgeId))) throw notBlocked(name);
    const paused = await pipeline.queues.awards.isPaused();
    return {
      lines: [
        say`Blocage levé : « ${name} », bénéficiaire ${earner}. Il est délivré à nouveau dès que sa règle est remplie.
            Block lifted: "${name}", earner ${earner}. It is given again as soon as its rule is met.`,
        paused && PAUSED,
      ],
      json: { earner, award: id, unblocked: true, issuing_paused: paused },
    };
  }),
};

const notBlocked = (name: string): Problem =>
  new Problem('not_blocked', [
    say`« ${name} » n'est pas bloqué pour cette personne : rien n'est changé.
      "${name}" is not blocked for this person: nothing is changed.`,
    say`« npx palier explain » dit où il en est. Une révocation toute récente n'est peut-être pas encore lue : « npx palier reconcile --full » la trouve.
      "npx palier explain" tells how it stands. A revocation of just now may not be read yet: "npx palier reconcile --full" finds it.`,
  ]);

import { arrivalMs } from '../../workers/in-flight.js';
import { unlinkAddress, type Unlinked } from '../../workers/link-addresses.js';
import { answer } from './answer.js';
import type { Command } from './context.js';
import { peopleProblem } from './earner/problems.js';
import { requireKnown, twoAddressesOf } from './earner/two-addresses.js';
import { EARNER_ARGUMENT, OTHER_ADDRESS_ARGUMENT } from './earner-argument.js';
import { EXIT } from './exit.js';
import { interruptible } from './interrupt.js';
import { PAUSED } from '../shared/issuing-words.js';
import { withPipeline } from './pipeline-session.js';
import { withProgress } from './progress.js';
import type { Lang } from '../shared/words.js';

export const unlink: Command = {
  name: 'unlink',
  summary: {
    fr: 'sépare une adresse qui a été liée à une autre par erreur',
    en: 'parts an address that was linked to another by mistake',
  },
  details: [
    {
      fr: "La seconde adresse redevient une personne à part, avec les badges reçus à cette adresse ; les deux sont réévaluées aussitôt. Lit le compte de la Région dans OBF, et attend au besoin qu'un envoi en cours arrive.",
      en: "The second address is a person of its own again, with the badges that came under it; both are evaluated at once. Reads the Région's account in OBF, and waits for an award that is on its way.",
    },
  ],
  args: [EARNER_ARGUMENT, OTHER_ADDRESS_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const typed = twoAddressesOf(call.args);
    const about = { fr: 'Séparation des adresses', en: 'Parting the addresses' };
    const done = await interruptible(context, (signal) =>
      withProgress({ ...context, lang: call.lang }, about, () =>
        withPipeline(context, [], async (pipeline) => {
          const [one, other] = await requireKnown(pipeline, typed);
          const waiting = { withinMs: arrivalMs(pipeline), signal };
          const unlinked = await unlinkAddress(pipeline, one, other, waiting);
          return { ...unlinked, paused: await pipeline.queues.awards.isPaused() };
        }),
      ),
    ).catch((error: unknown) => {
      throw peopleProblem(error);
    });
    const { people, changed, moved, paused } = done;
    const json = { earners: people, changed, moved, issuing_paused: paused };
    answer(call, context, linesOf(done, call.lang), json);
    return EXIT.good;
  },
};

function linesOf(done: Unlinked & { readonly paused: boolean }, lang: Lang): readonly string[] {
  const { people, changed, moved, paused } = done;
  if (!changed)
    return [
      {
        fr: "Ces adresses n'étaient pas liées : rien n'est changé.",
        en: 'These addresses were not linked: nothing is changed.',
      }[lang],
    ];
  const told = {
    fr: [
      `Adresses séparées : ce sont deux personnes, ${people.join(' et ')}.`,
      ...(moved > 0 ? [`Badges Région notés désormais à l'adresse qui les a reçus : ${moved}.`] : []),
      'Les deux sont réévaluées maintenant ; chacune reçoit ce qui lui est dû.',
    ],
    en: [
      `Addresses parted: they are two people, ${people.join(' and ')}.`,
      ...(moved > 0 ? [`Awards that now stand under the address that got them: ${moved}.`] : []),
      'Both are evaluated now; each is given what is due to them.',
    ],
  };
  return [...told[lang], ...(paused ? [PAUSED[lang]] : [])];
}

import { linkAddresses, type Linked } from '../../workers/link-addresses.js';
import { answer } from './answer.js';
import type { Command } from './context.js';
import { peopleProblem } from './earner/problems.js';
import { requireKnown, twoAddressesOf } from './earner/two-addresses.js';
import { EARNER_ARGUMENT, OTHER_ADDRESS_ARGUMENT } from './earner-argument.js';
import { EXIT } from './exit.js';
import { PAUSED } from '../shared/issuing-words.js';
import { withPipeline } from './pipeline-session.js';
import { withProgress } from './progress.js';
import { counted, type Lang, type Localized } from '../shared/words.js';

export const link: Command = {
  name: 'link',
  summary: {
    fr: 'réunit deux adresses qui sont à une même personne',
    en: "joins two addresses that are one person's",
  },
  details: [
    {
      fr: "Tous leurs badges comptent alors ensemble, la personne est réévaluée aussitôt, et un badge Région va à l'adresse de son badge compté le plus récent. Ce qui est déjà donné ne l'est pas une seconde fois. Les adresses déjà liées à la seconde suivent.",
      en: 'All of their badges then count together, the person is evaluated at once, and an award goes to the address of their latest counted badge. What was given already is not given again. Addresses that were linked to the second one follow.',
    },
    {
      fr: "Assurez-vous que c'est bien la même personne ; « npx palier unlink » sépare à nouveau.",
      en: 'Make sure that it is the same person; "npx palier unlink" parts them again.',
    },
  ],
  args: [EARNER_ARGUMENT, OTHER_ADDRESS_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const typed = twoAddressesOf(call.args);
    const about = { fr: 'Liaison des adresses', en: 'Linking the addresses' };
    const linked = await withProgress({ ...context, lang: call.lang }, about, () =>
      withPipeline(context, [], async (pipeline) => {
        const [one, other] = await requireKnown(pipeline, typed);
        const done = await linkAddresses(pipeline, one, other);
        return { ...done, paused: await pipeline.queues.awards.isPaused() };
      }),
    ).catch((error: unknown) => {
      throw peopleProblem(error);
    });
    const { person, keys, changed, withdrawn, paused } = linked;
    const json = { earner: person, addresses: keys.length, changed, withdrawn, issuing_paused: paused };
    answer(call, context, linesOf(linked, call.lang), json);
    return EXIT.good;
  },
};

function linesOf(linked: Linked & { readonly paused: boolean }, lang: Lang): readonly string[] {
  const { person, keys, changed, withdrawn, paused } = linked;
  const state: Localized = changed
    ? {
        fr: `Adresses liées : elles sont une seule personne, ${person} (adresses : ${keys.length}).`,
        en: `Addresses linked: they are one person, ${person} (addresses: ${keys.length}).`,
      }
    : {
        fr: `Ces adresses étaient déjà liées : ${person} (adresses : ${keys.length}).`,
        en: `These addresses were linked already: ${person} (addresses: ${keys.length}).`,
      };
  const next: Localized = {
    fr: "Elle est réévaluée maintenant ; ce qui lui est dû part à l'adresse de son badge le plus récent.",
    en: 'The person is evaluated now; what is due to them goes to the address of their latest badge.',
  };
  const waited = counted(
    withdrawn,
    {
      fr: "badge Région qui attendait pour une seule des adresses est retiré de l'attente : il est redonné à la personne s'il lui est dû.",
      en: 'award that waited for one of the addresses waits no more: it is given to the person if it is due to them.',
    },
    {
      fr: "badges Région qui attendaient pour une seule des adresses sont retirés de l'attente : ils sont redonnés à la personne s'ils lui sont dus.",
      en: 'awards that waited for one of the addresses wait no more: they are given to the person if they are due to them.',
    },
  );
  return [
    state[lang],
    ...(withdrawn > 0 ? [waited[lang]] : []),
    next[lang],
    ...(paused ? [PAUSED[lang]] : []),
  ];
}

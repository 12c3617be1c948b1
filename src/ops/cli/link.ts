import { earnerKeyOf, normaliseAddress } from '../../earners/earner-key.js';
import type { EarnerKey } from '../../ids.js';
import { arrivalMs } from '../../workers/in-flight.js';
import { linkAddresses, type Linked, unlinkAddress, type Unlinked } from '../../workers/link-addresses.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { PAUSED } from '../shared/issuing-words.js';
import { counted, type Lang, type Localized } from '../shared/words.js';
import { addressOf, EARNER_ARGUMENT, OTHER_ADDRESS_ARGUMENT } from './arguments.js';
import { command } from './command.js';
import { Problem, wrongUsage } from './problem.js';
import { withPipelineForPerson } from './session.js';

export const link = command({
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
  progress: { fr: 'Liaison des adresses', en: 'Linking the addresses' },
  work: async (call, { context }) => {
    const typed = twoAddressesOf(call.args);
    return withPipelineForPerson(context, async (pipeline) => {
      const [one, other] = await requireKnown(pipeline, typed);
      const linked = await linkAddresses(pipeline, one, other);
      return { ...linked, paused: await pipeline.queues.awards.isPaused() };
    });
  },
  answer: (linked, { lang }) => {
    const { person, keys, changed, withdrawn, paused } = linked;
    return {
      lines: linkedLines(linked, lang),
      json: { earner: person, addresses: keys.length, changed, withdrawn, issuing_paused: paused },
    };
  },
});

function linkedLines(linked: Linked & { readonly paused: boolean }, lang: Lang): readonly string[] {
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

export const unlink = command({
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
  progress: { fr: 'Séparation des adresses', en: 'Parting the addresses' },
  interruptible: true,
  work: async (call, { context, signal }) => {
    const typed = twoAddressesOf(call.args);
    return withPipelineForPerson(context, async (pipeline) => {
      const [one, other] = await requireKnown(pipeline, typed);
      const waiting = { withinMs: arrivalMs(pipeline), signal };
      const unlinked = await unlinkAddress(pipeline, one, other, waiting);
      return { ...unlinked, paused: await pipeline.queues.awards.isPaused() };
    });
  },
  answer: (unlinked, { lang }) => {
    const { people, changed, moved, paused } = unlinked;
    return {
      lines: unlinkedLines(unlinked, lang),
      json: { earners: people, changed, moved, issuing_paused: paused },
    };
  },
});

function unlinkedLines(done: Unlinked & { readonly paused: boolean }, lang: Lang): readonly string[] {
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

/** @throws Problem for what is no address, or the same one twice */
function twoAddressesOf([first, second]: readonly string[]): readonly [string, string] {
  const addresses = [addressOf(first), addressOf(second)] as const;
  if (normaliseAddress(addresses[0]) !== normaliseAddress(addresses[1])) return addresses;
  throw wrongUsage({
    fr: "C'est deux fois la même adresse.",
    en: 'This is the same address twice.',
  });
}

/** @throws Problem that says which of them nobody is known by; nothing is changed then */
async function requireKnown(
  { earners, vault }: Pipeline,
  addresses: readonly [string, string],
): Promise<readonly [EarnerKey, EarnerKey]> {
  const [one, other] = [earnerKeyOf(vault, addresses[0]), earnerKeyOf(vault, addresses[1])];
  const unknown = await Promise.all(
    [one, other].map(async (key) => {
      const { assertions, linked, linkedTo } = await earners.read(key);
      return assertions.length + linked.length === 0 && linkedTo === null;
    }),
  );
  const words = UNKNOWN.filter((_, at) => unknown[at]);
  if (words.length === 0) return [one, other];
  throw new Problem('unknown_earner', [...words, NOTHING_CHANGED]);
}

/** By their place: what was typed is not shown again. */
const UNKNOWN = [
  {
    fr: "Personne n'est connu à la première adresse : aucun badge n'y a été lu.",
    en: 'Nobody is known by the first address: no badge was read for it.',
  },
  {
    fr: "Personne n'est connu à la seconde adresse : aucun badge n'y a été lu.",
    en: 'Nobody is known by the second address: no badge was read for it.',
  },
];
const NOTHING_CHANGED = { fr: "Rien n'a été changé.", en: 'Nothing was changed.' };

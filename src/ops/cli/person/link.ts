import { earnerKeyOf, normaliseAddress } from '../../../earners/earner-key.js';
import type { EarnerKey } from '../../../ids.js';
import { linkAddresses, type Linked, unlinkAddress, type Unlinked } from '../../../workers/link-addresses.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { counted, type Localized, say } from '../../shared/words.js';
import { addressOf, ADDRESSES_ARGUMENTS } from '../arguments.js';
import { withPipelineForPerson } from '../session.js';
import { type Command, Problem, wrongUsage } from '../command.js';

export const link: Command = {
  name: 'link',
  help: [
    say`réunit deux adresses qui sont à une même personne
      joins two addresses that are one person's`,
    say`Tous leurs badges comptent alors ensemble, la personne est réévaluée aussitôt, et un badge Région va à l'adresse de son badge compté le plus récent. Ce qui est déjà donné ne l'est pas une seconde fois. Les adresses déjà liées à la seconde suivent.
      All of their badges then count together, the person is evaluated at once, and an award goes to the address of their latest counted badge. What was given already is not given again. Addresses that were linked to the second one follow.`,
    say`Assurez-vous que c'est bien la même personne ; « npx palier unlink » sépare à nouveau.
      Make sure that it is the same person; "npx palier unlink" parts them again.`,
  ],
  args: ADDRESSES_ARGUMENTS,
  progress: { fr: 'Liaison des adresses', en: 'Linking the addresses' },
  run: (call) => {
    const typed = twoAddressesOf(call.args);
    return withPipelineForPerson(call, async (pipeline) => {
      const linked = await linkAddresses(pipeline, ...(await requireKnown(pipeline, typed)));
      const { person, keys, changed, withdrawn } = linked;
      const paused = await pipeline.queues.awards.isPaused();
      return {
        lines: [...linkedLines(linked), ...(paused ? [PAUSED] : [])],
        json: { earner: person, addresses: keys.length, changed, withdrawn, issuing_paused: paused },
      };
    });
  },
};

function linkedLines({ person, keys, changed, withdrawn }: Linked): readonly Localized[] {
  const waited = counted(
    withdrawn,
    say`badge Région qui attendait pour une seule des adresses est retiré de l'attente : il est redonné à la personne s'il lui est dû.
      award that waited for one of the addresses waits no more: it is given to the person if it is due to them.`,
    say`badges Région qui attendaient pour une seule des adresses sont retirés de l'attente : ils sont redonnés à la personne s'ils lui sont dus.
      awards that waited for one of the addresses wait no more: they are given to the person if they are due to them.`,
  );
  return [
    changed
      ? say`Adresses liées : elles sont une seule personne, ${person} (adresses : ${keys.length}).
        Addresses linked: they are one person, ${person} (addresses: ${keys.length}).`
      : say`Ces adresses étaient déjà liées : ${person} (adresses : ${keys.length}).
        These addresses were linked already: ${person} (addresses: ${keys.length}).`,
    ...(withdrawn > 0 ? [waited] : []),
    say`Elle est réévaluée maintenant ; ce qui lui est dû part à l'adresse de son badge le plus récent.
      The person is evaluated now; what is due to them goes to the address of their latest badge.`,
  ];
}

export const unlink: Command = {
  name: 'unlink',
  help: [
    say`sépare une adresse qui a été liée à une autre par erreur
      parts an address that was linked to another by mistake`,
    say`La seconde adresse redevient une personne à part, avec les badges reçus à cette adresse ; les deux sont réévaluées aussitôt. Lit le compte de la Région dans OBF, et attend au besoin qu'un envoi en cours arrive.
      The second address is a person of its own again, with the badges that came under it; both are evaluated at once. Reads the Région's account in OBF, and waits for an award that is on its way.`,
  ],
  args: ADDRESSES_ARGUMENTS,
  progress: { fr: 'Séparation des adresses', en: 'Parting the addresses' },
  interruptible: true,
  run: (call) => {
    const typed = twoAddressesOf(call.args);
    return withPipelineForPerson(call, async (pipeline) => {
      const unlinked = await unlinkAddress(pipeline, ...(await requireKnown(pipeline, typed)), call.signal);
      const { people, changed, moved } = unlinked;
      const paused = await pipeline.queues.awards.isPaused();
      return {
        lines: [...unlinkedLines(unlinked), ...(changed && paused ? [PAUSED] : [])],
        json: { earners: people, changed, moved, issuing_paused: paused },
      };
    });
  },
};

function unlinkedLines({ people, changed, moved }: Unlinked): readonly Localized[] {
  if (!changed)
    return [
      say`Ces adresses n'étaient pas liées : rien n'est changé.
        These addresses were not linked: nothing is changed.`,
    ];
  const movedWords = say`Badges Région notés désormais à l'adresse qui les a reçus : ${moved}.
    Awards that now stand under the address that got them: ${moved}.`;
  return [
    say`Adresses séparées : ce sont deux personnes, ${people.join(' et ')}.
      Addresses parted: they are two people, ${people.join(' and ')}.`,
    ...(moved > 0 ? [movedWords] : []),
    say`Les deux sont réévaluées maintenant ; chacune reçoit ce qui lui est dû.
      Both are evaluated now; each is given what is due to them.`,
  ];
}

/** @throws Problem for what is no address, or the same one twice */
function twoAddressesOf([first, second]: readonly string[]): readonly [string, string] {
  const addresses = [addressOf(first), addressOf(second)] as const;
  if (normaliseAddress(addresses[0]) !== normaliseAddress(addresses[1])) return addresses;
  throw wrongUsage(say`C'est deux fois la même adresse.
    This is the same address twice.`);
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
  say`Personne n'est connu à la première adresse : aucun badge n'y a été lu.
    Nobody is known by the first address: no badge was read for it.`,
  say`Personne n'est connu à la seconde adresse : aucun badge n'y a été lu.
    Nobody is known by the second address: no badge was read for it.`,
];
const NOTHING_CHANGED = { fr: "Rien n'a été changé.", en: 'Nothing was changed.' };

import { earnerKeyOf, normaliseAddress } from '../../../earners/earner-key.js';
import type { EarnerKey } from '../../../ids.js';
import { linkAddresses, unlinkAddress } from '../../../workers/link-addresses.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { say } from '../../shared/words.js';
import { addressOf, EARNER_ARGUMENT } from '../arguments.js';
import { inPipeline } from '../session.js';
import { type Command, Problem, wrongUsage } from '../command.js';

const ADDRESSES = {
  ...EARNER_ARGUMENT,
  'autre|other': { fr: 'une autre adresse de la même personne', en: 'another address of the same person' },
};

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
  args: ADDRESSES,
  progress: { fr: 'Liaison des adresses', en: 'Linking the addresses' },
  run: inPipeline(async (pipeline, call) => {
    const [one, other] = await requireTwo(pipeline, call.args);
    const { person, keys, changed, withdrawn } = await linkAddresses(pipeline, one, other);
    const paused = await pipeline.queues.awards.isPaused();
    const addresses = keys.length;
    return {
      lines: [
        changed
          ? say`Adresses liées : elles sont une seule personne, ${person} (adresses : ${addresses}).
              Addresses linked: they are one person, ${person} (addresses: ${addresses}).`
          : say`Ces adresses étaient déjà liées : ${person} (adresses : ${addresses}).
              These addresses were linked already: ${person} (addresses: ${addresses}).`,
        withdrawn > 0 &&
          say`Badges Région qui attendaient pour une seule des adresses, et que la personne reçoit s'ils lui sont dus : ${withdrawn}.
              Awards that waited for one of the addresses, and that the person is given if they are due to them: ${withdrawn}.`,
        say`Elle est réévaluée maintenant ; ce qui lui est dû part à l'adresse de son badge le plus récent.
            The person is evaluated now; what is due to them goes to the address of their latest badge.`,
        paused && PAUSED,
      ],
      json: { earner: person, addresses, changed, withdrawn, issuing_paused: paused },
    };
  }),
};

export const unlink: Command = {
  name: 'unlink',
  help: [
    say`sépare une adresse qui a été liée à une autre par erreur
      parts an address that was linked to another by mistake`,
    say`La seconde adresse redevient une personne à part, avec les badges reçus à cette adresse ; les deux sont réévaluées aussitôt. Lit le compte de la Région dans OBF, et attend au besoin qu'un envoi en cours arrive.
      The second address is a person of its own again, with the badges that came under it; both are evaluated at once. Reads the Région's account in OBF, and waits for an award that is on its way.`,
  ],
  args: ADDRESSES,
  progress: { fr: 'Séparation des adresses', en: 'Parting the addresses' },
  interruptible: true,
  run: inPipeline(async (pipeline, call) => {
    const [one, other] = await requireTwo(pipeline, call.args);
    const { people, changed, moved } = await unlinkAddress(pipeline, one, other, call.signal);
    const paused = await pipeline.queues.awards.isPaused();
    const parted = [
      say`Adresses séparées : ce sont deux personnes, ${people.join(' et ')}.
          Addresses parted: they are two people, ${people.join(' and ')}.`,
      moved > 0 &&
        say`Badges Région notés désormais à l'adresse qui les a reçus : ${moved}.
            Awards that now stand under the address that got them: ${moved}.`,
      say`Les deux sont réévaluées maintenant ; chacune reçoit ce qui lui est dû.
          Both are evaluated now; each is given what is due to them.`,
      paused && PAUSED,
    ];
    return {
      lines: changed ? parted : [NOT_LINKED],
      json: { earners: people, changed, moved, issuing_paused: paused },
    };
  }),
};

const NOT_LINKED = say`Ces adresses n'étaient pas liées : rien n'est changé.
  These addresses were not linked: nothing is changed.`;

/** @throws Problem for what is no address, the same one twice, or one that nobody is known by */
async function requireTwo(
  { earners, vault }: Pipeline,
  typed: readonly string[],
): Promise<readonly [EarnerKey, EarnerKey]> {
  const [first, second] = [addressOf(typed[0]), addressOf(typed[1])];
  if (normaliseAddress(first) === normaliseAddress(second))
    throw wrongUsage(say`C'est deux fois la même adresse.
      This is the same address twice.`);
  const keys = [earnerKeyOf(vault, first), earnerKeyOf(vault, second)] as const;
  const records = await Promise.all(keys.map((key) => earners.read(key)));
  const unknown = UNKNOWN.filter((_, at) => {
    const record = records[at];
    return record?.linkedTo === null && record.assertions.length + record.linked.length === 0;
  });
  if (unknown.length === 0) return keys;
  const unchanged = { fr: "Rien n'a été changé.", en: 'Nothing was changed.' };
  throw new Problem('unknown_earner', [...unknown, unchanged]);
}

/** By their place: what was typed is not shown again. */
const UNKNOWN = [
  say`Personne n'est connu à la première adresse : aucun badge n'y a été lu.
    Nobody is known by the first address: no badge was read for it.`,
  say`Personne n'est connu à la seconde adresse : aucun badge n'y a été lu.
    Nobody is known by the second address: no badge was read for it.`,
];

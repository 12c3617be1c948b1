import type { EarnerKey } from '../../../ids.js';
import { earnerKeyOf, normaliseAddress } from '../../../earners/earner-key.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { addressOf } from '../earner-argument.js';
import { Problem, wrongUsage } from '../problem.js';

/** @throws Problem for what is no address, or the same one twice */
export function twoAddressesOf([first, second]: readonly string[]): readonly [string, string] {
  const addresses = [addressOf(first), addressOf(second)] as const;
  if (normaliseAddress(addresses[0]) !== normaliseAddress(addresses[1])) return addresses;
  throw wrongUsage({
    fr: "C'est deux fois la même adresse.",
    en: 'This is the same address twice.',
  });
}

/** @throws Problem that says which of them nobody is known by; nothing is changed then */
export async function requireKnown(
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

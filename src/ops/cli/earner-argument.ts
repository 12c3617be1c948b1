import { asEarnerKey, type EarnerKey } from '../../ids.js';
import type { Vault } from '../../platform/vault.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import { earnerKeyOf } from '../../earners/earner-key.js';
import { Problem, wrongUsage } from './problem.js';

/** The argument that names a person, in a command's help. */
export const EARNER_ARGUMENT = {
  name: { fr: 'adresse', en: 'email' },
  about: { fr: "l'adresse électronique de la personne", en: "the person's e-mail address" },
};

/** Where two are needed: the second one. */
export const OTHER_ADDRESS_ARGUMENT = {
  name: { fr: 'autre', en: 'other' },
  about: { fr: 'une autre adresse de la même personne', en: 'another address of the same person' },
};

/** The first, where the key will do that stands for the person in reports and in the account. */
export const EARNER_OR_KEY_ARGUMENT = {
  name: { fr: 'adresse', en: 'email' },
  about: {
    fr: "l'adresse électronique de la personne, ou sa clé de 22 caractères (celle que montrent stats et audit)",
    en: "the person's e-mail address, or their key of 22 characters (which stats and audit show)",
  },
};

const isAddress = (typed: string): boolean => /^[^\s@]+@[^\s@]+$/.test(withoutUnseenEnds(typed));
/** 128 bits in base64url: what `earnerKeyOf` makes. */
const isKey = (typed: string): boolean => /^[\w-]{22}$/.test(withoutUnseenEnds(typed));

/**
 * An address is a name, an at sign and a host; nothing cleverer. What was typed is not shown again.
 * @throws Problem when it is none
 */
export function addressOf(typed: string | undefined): string {
  if (typed !== undefined && isAddress(typed)) return typed;
  throw wrongUsage({
    fr: "Ce n'est pas une adresse électronique.",
    en: 'This is no e-mail address.',
  });
}

/** A person as they were typed, checked before anything is opened. */
export interface TypedEarner {
  /** The key of that address under this vault; the key itself, where one was typed. */
  keyUnder(vault: Vault): EarnerKey;
}

/**
 * An address, or an earner's key: 22 characters without an at sign. What was typed is not shown again.
 * @throws Problem when it is neither
 */
export function earnerOf(typed = ''): TypedEarner {
  if (isKey(typed)) return { keyUnder: () => asEarnerKey(withoutUnseenEnds(typed)) };
  if (isAddress(typed)) return { keyUnder: (vault) => earnerKeyOf(vault, typed) };
  throw wrongUsage({
    fr: "Ce n'est ni une adresse électronique, ni la clé de quelqu'un (22 caractères).",
    en: "This is neither an e-mail address nor somebody's key (22 characters).",
  });
}

export const unknownEarner = (): Problem =>
  new Problem('unknown_earner', [
    {
      fr: "Personne n'est connu à cette adresse, ni sous cette clé : aucun badge d'un partenaire, ni de la Région, n'en a été lu.",
      en: 'Nobody is known by this address, nor by this key: no badge of a partner, nor of the Région, was read for it.',
    },
    {
      fr: 'Vérifiez ce que vous avez tapé ; un badge tout juste délivré peut mettre quelques minutes à être lu.',
      en: 'Check what you typed; a badge that was issued just now may take some minutes to be read.',
    },
  ]);

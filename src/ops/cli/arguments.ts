import { asEarnerKey, type EarnerKey } from '../../ids.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import { withoutAddresses } from '../../platform/logger.js';
import type { Vault } from '../../platform/vault.js';
import { didYouMean, nearest, shortList } from '../../rules/parse/messages.js';
import type { Award, Scheme } from '../../rules/types.js';
import { keyOfAddress } from '../shared/browser.js';
import { type Localized, say } from '../../localized.js';
import { CommandProblem, wrongUsage } from './command.js';

/** What was typed, as it may be shown again: it may be an address by mistake. */
export const shownAgain = (typed: string): string => withoutAddresses(typed).slice(0, 60);

/** An unknown name, the nearest known one, and the others. @param more what else can be done about it */
export function unknownName(
  what: Localized,
  typed: string,
  known: readonly string[],
  more: Localized | '' = '',
): CommandProblem {
  const { names, total } = shortList(typed, known);
  const list = names.join(', ') + (total === null ? '' : `... (${total})`);
  const meant = didYouMean(nearest(typed, known));
  return wrongUsage(say`${what} « ${shownAgain(typed)} »${meant} (connus : ${list})${more}
    ${what} "${shownAgain(typed)}"${meant} (known: ${list})${more}`);
}

/** The one of these words that was typed; null: none was. @throws CommandProblem for another */
export function wordOf<Word extends string>(what: Localized, typed: string | null, words: readonly Word[]) {
  const found = words.find((word) => word === typed) ?? null;
  if (found === null && typed !== null) throw unknownName(what, typed, words);
  return found;
}

/** The award that was typed. @throws CommandProblem for one that the scheme does not have */
export function awardOf({ awards }: Scheme, typed: string): Award {
  const found = awards.find(({ id }) => id === typed);
  if (found !== undefined) return found;
  const known = awards.map(({ id }) => id);
  throw unknownName({ fr: 'Badge Région inconnu', en: 'Unknown award' }, typed, known);
}

export const ADDRESS_ARGUMENT = {
  'adresse|email': { fr: "l'adresse électronique de la personne", en: "the person's e-mail address" },
};

/** The same, or the earner key that reports and the journal show. */
export const EARNER_ARGUMENT = {
  'adresse|email': say`l'adresse électronique de la personne, ou sa clé de 22 caractères (celle que montrent stats et audit)
    the person's e-mail address, or their key of 22 characters (which stats and audit show)`,
};

/** The key of an address. What was typed is not shown again. @throws CommandProblem for what is none */
export function keyOf(vault: Vault, typed = ''): EarnerKey {
  const earner = keyOfAddress(typed, vault);
  if (earner !== null) return earner;
  throw wrongUsage({ fr: "Ce n'est pas une adresse électronique.", en: 'This is no e-mail address.' });
}

/** The key of an address, or an earner key: 128 bits in base64url. @throws CommandProblem when it is neither */
export function earnerOf(vault: Vault, typed = ''): EarnerKey {
  if (typed.includes('@')) return keyOf(vault, typed);
  const key = withoutUnseenEnds(typed);
  if (/^[\w-]{22}$/.test(key)) return asEarnerKey(key);
  throw wrongUsage(say`Ce n'est ni une adresse électronique, ni la clé de quelqu'un (22 caractères).
    This is neither an e-mail address nor somebody's key (22 characters).`);
}

export const unknownEarner = (): CommandProblem =>
  new CommandProblem('unknown_earner', [
    say`Personne n'est connu à cette adresse, ni sous cette clé : aucun badge d'un partenaire, ni de la Région, n'en a été lu.
      Nobody is known by this address, nor by this key: no badge of a partner, nor of the Région, was read for it.`,
    say`Vérifiez ce que vous avez tapé ; un badge tout juste délivré peut mettre quelques minutes à être lu.
      Check what you typed; a badge that was issued just now may take some minutes to be read.`,
  ]);

import { Problem, wrongUsage } from './problem.js';

/** The argument that names a person, in a command's help. */
export const EARNER_ARGUMENT = {
  name: { fr: 'adresse', en: 'email' },
  about: { fr: "l'adresse électronique de la personne", en: "the person's e-mail address" },
};

/**
 * An address is a name, an at sign and a host; nothing cleverer. What was typed is not shown again.
 * @throws Problem when it is none
 */
export function addressOf(typed: string | undefined): string {
  if (typed !== undefined && /^[^\s@]+@[^\s@]+$/.test(typed.trim())) return typed;
  throw wrongUsage({
    fr: "Ce n'est pas une adresse électronique.",
    en: 'This is no e-mail address.',
  });
}

export const unknownEarner = (): Problem =>
  new Problem('unknown_earner', [
    {
      fr: "Personne n'est connu à cette adresse : aucun badge d'un partenaire, ni de la Région, n'en a été lu.",
      en: 'Nobody is known by this address: no badge of a partner, nor of the Région, was read for it.',
    },
    {
      fr: "Vérifiez l'adresse ; un badge tout juste délivré peut mettre quelques minutes à être lu.",
      en: 'Check the address; a badge that was issued just now may take some minutes to be read.',
    },
  ]);

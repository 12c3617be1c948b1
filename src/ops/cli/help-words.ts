import type { Localized } from '../shared/words.js';

/** Commander's own words, and those of every help, in both languages. */
export const HELP = {
  programUsage: { fr: '[options] <commande>', en: '[options] <command>' },
  optionsUsage: { fr: '[options]', en: '[options]' },
  about: {
    fr: "L'outil des exploitants de Palier, qui délivre les badges de la Région.",
    en: "The operators' tool of Palier, which gives the Région's badges.",
  },
  version: { fr: 'affiche la version', en: 'shows the version' },
  help: { fr: 'affiche cette aide', en: 'shows this help' },
  helpCommandUsage: { fr: 'help [commande]', en: 'help [command]' },
  helpCommand: { fr: "affiche l'aide d'une commande", en: 'shows the help of a command' },
  json: { fr: 'répond en JSON, pour un programme', en: 'answers in JSON, for a program' },
  langValue: { fr: 'langue', en: 'language' },
  lang: {
    fr: 'langue des réponses : fr (par défaut) ou en',
    en: 'language of the answers: fr (default) or en',
  },
  exitCodes: {
    fr: 'Codes de sortie : 0, tout va bien ; 1, un problème a été trouvé ; 2, commande mal tapée.',
    en: 'Exit codes: 0, all is well; 1, a problem was found; 2, the command was typed wrongly.',
  },
  titles: {
    'Usage:': { fr: 'Utilisation :', en: 'Usage:' },
    'Arguments:': { fr: 'Arguments :', en: 'Arguments:' },
    'Options:': { fr: 'Options :', en: 'Options:' },
    'Global Options:': { fr: 'Options communes :', en: 'Common options:' },
    'Commands:': { fr: 'Commandes :', en: 'Commands:' },
  } as Readonly<Record<string, Localized>>,
} as const;

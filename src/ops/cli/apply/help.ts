import type { Command } from '../context.js';

export const APPLY_HELP: Omit<Command, 'run'> = {
  name: 'apply',
  summary: {
    fr: 'met en vigueur les règles des fichiers, et délivre ce que « plan » annonce',
    en: 'puts the rules of the files into force, and gives what "plan" tells',
  },
  details: [
    {
      fr: "Les workers délivrent, au rythme d'OBF. Arrêtée en route, retapez-la : elle reprend comme elle a commencé, et personne ne reçoit deux fois.",
      en: "The workers issue, at OBF's rate. Stopped on its way, type it again: it goes on as it began, and nobody is given a badge twice.",
    },
  ],
  args: [],
  options: [
    {
      flag: '--auto-upto',
      value: { fr: 'nombre', en: 'number' },
      about: {
        fr: 'refuse, sans rien changer, si plus de badges seraient délivrés ; sinon ne demande rien',
        en: 'refuses, and changes nothing, if more badges would be issued; else does not ask',
      },
    },
    {
      flag: '--only',
      value: { fr: 'badge', en: 'award' },
      about: {
        fr: "n'applique que ce badge Région (communiquer-1...) ; le reste attend",
        en: 'applies this award alone (communiquer-1...); the rest waits',
      },
    },
    {
      flag: '--no-email',
      about: { fr: 'demande à OBF de ne pas écrire aux personnes', en: 'has OBF send no e-mail' },
    },
    {
      flag: '--over-quota',
      about: {
        fr: "applique même si le quota d'OBF ne suffit pas : les envois s'arrêteront, et reprendront quand il sera relevé",
        en: "applies even if OBF's quota is too small: issuing will stop, and go on when it was raised",
      },
    },
    { flag: '--yes', about: { fr: 'ne demande rien', en: 'does not ask' } },
  ],
};

import { enqueueLink } from '../../queue/enqueue-earners.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from './arguments.js';
import { command } from './command.js';
import { Problem } from './problem.js';
import { withPipeline } from './session.js';

/** Without these the pages do not exist. */
const NEEDED = ['SMTP_URL', 'MAIL_FROM', 'PUBLIC_URL'];

export const parcoursSend = command({
  name: 'parcours send',
  summary: {
    fr: 'envoie à une personne le lien vers sa page « Mon parcours »',
    en: 'sends a person the link to their own page',
  },
  details: [
    {
      fr: "Par e-mail, à l'adresse demandée, jamais à une autre. Le lien marche une seule fois, pendant 30 minutes, et remplace le précédent. La demande est notée dans les journaux.",
      en: 'By e-mail, to the address that was asked for, never to another. The link works once, for 30 minutes, and replaces the one before. The request is written into the logs.',
    },
  ],
  args: [EARNER_OR_KEY_ARGUMENT],
  progress: { fr: "Demande de l'envoi", en: 'Asking for the mail' },
  work: async ({ args: [typed] }, { context }) => {
    const keyUnder = earnerOf(typed);
    return withPipeline(
      context,
      async ({ vault, earners, queues }, { parcours }) => {
        if (parcours === null) throw noPages();
        const earner = keyUnder(vault);
        if ((await earners.read(earner)).contact === null) throw unknownEarner();
        await enqueueLink(queues.mails, earner, 'npx palier parcours send');
        return earner;
      },
      NEEDED,
    );
  },
  answer: (earner, { lang }) => ({
    lines: [ASKED[lang]],
    json: { earner, asked: true },
  }),
});

const ASKED = {
  fr: "L'envoi du lien est demandé : l'e-mail part dans quelques instants. S'il n'arrive pas, voyez docs/operating.md (« Un lien n'arrive pas »).",
  en: 'The link is asked for: the e-mail leaves in a few moments. If it does not arrive, see docs/operating.md ("Un lien n\'arrive pas").',
};

const noPages = (): Problem =>
  new Problem('no_pages', [
    {
      fr: `Les pages « Mon parcours » n'existent pas ici : il y faut ${NEEDED.join(', ')}.`,
      en: `The earner's own pages do not exist here: they need ${NEEDED.join(', ')}.`,
    },
  ]);

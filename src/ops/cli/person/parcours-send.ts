import { enqueueLink } from '../../../queue/enqueue.js';
import { say } from '../../shared/words.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from '../arguments.js';
import { NEEDED, inPipeline } from '../session.js';
import { type Command, problem } from '../command.js';

/** Without these the pages do not exist. */
const PAGES = ['SMTP_URL', 'MAIL_FROM', 'PUBLIC_URL'];

export const parcoursSend: Command = {
  name: 'parcours send',
  help: [
    say`envoie à une personne le lien vers sa page « Mon parcours »
      sends a person the link to their own page`,
    say`Par e-mail, à l'adresse demandée, jamais à une autre. Le lien marche une seule fois, pendant 30 minutes, et remplace le précédent. La demande est notée dans les journaux.
      By e-mail, to the address that was asked for, never to another. The link works once, for 30 minutes, and replaces the one before. The request is written into the logs.`,
  ],
  args: EARNER_OR_KEY_ARGUMENT,
  progress: { fr: "Demande de l'envoi", en: 'Asking for the mail' },
  run: inPipeline(
    async ({ vault, earners, queues }, call, { parcours }) => {
      if (parcours === null)
        throw problem`no_pages
            Les pages « Mon parcours » n'existent pas ici : il y faut ${PAGES.join(', ')}.
            The earner's own pages do not exist here: they need ${PAGES.join(', ')}.`;
      const earner = earnerOf(vault, call.args[0]);
      if ((await earners.read(earner)).contact === null) throw unknownEarner();
      await enqueueLink(queues.mails, earner, 'npx palier parcours send');
      return { lines: [ASKED], json: { earner, asked: true } };
    },
    { variables: [...NEEDED, ...PAGES] },
  ),
};

const ASKED = say`L'envoi du lien est demandé : l'e-mail part dans quelques instants. S'il n'arrive pas, voyez docs/operating.md (« Un lien n'arrive pas »).
  The link is asked for: the e-mail leaves in a few moments. If it does not arrive, see docs/operating.md ("Un lien n'arrive pas").`;

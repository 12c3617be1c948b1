import { readPerson } from '../../../earners/person.js';
import { enqueueLink } from '../../../queue/enqueue.js';
import { linkAddresses, unlinkAddress } from '../../../workers/link-addresses.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { unblockAward } from '../../../workers/issue/revocation.js';
import { isKnown } from '../../shared/personal-data.js';
import { PAUSED } from '../../shared/words.js';
import { say } from '../../../localized.js';
import { inPipeline, NEEDED } from '../session.js';
import {
  type Command,
  CommandProblem,
  problem,
  wrongUsage,
  awardOf,
  ADDRESS_ARGUMENT,
  EARNER_ARGUMENT,
  parseEarner,
  keyOf,
  unknownEarner,
} from '../command.js';

const ADDRESSES = {
  ...ADDRESS_ARGUMENT,
  'autre|other': { fr: 'une autre adresse de la même personne', en: 'another address of the same person' },
};

export const link: Command = {
  help: `
    réunit deux adresses qui sont à une même personne
      joins two addresses that are one person's
    Tous leurs badges comptent alors ensemble, la personne est réévaluée aussitôt, et un badge Région va à l'adresse de son badge compté le plus récent. Ce qui est déjà donné ne l'est pas une seconde fois. Les adresses déjà liées à la seconde suivent.
      All of their badges then count together, the person is evaluated at once, and an award goes to the address of their latest counted badge. What was given already is not given again. Addresses that were linked to the second one follow.
    Assurez-vous que c'est bien la même personne ; « npx palier unlink » sépare à nouveau.
      Make sure that it is the same person; "npx palier unlink" parts them again.`,
  args: ADDRESSES,
  progress: { fr: 'Liaison des adresses', en: 'Linking the addresses' },
  run: inPipeline(async (pipeline, call) => {
    const [first, second] = await requireTwoAddresses(pipeline, call.args);
    const { person, keys, changed, withdrawn } = await linkAddresses(pipeline, first, second);
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
  help: `
    sépare une adresse qui a été liée à une autre par erreur
      parts an address that was linked to another by mistake
    La seconde adresse redevient une personne à part, avec les badges reçus à cette adresse ; les deux sont réévaluées aussitôt. Lit le compte de la Région dans OBF, et attend au besoin qu'un envoi en cours arrive.
      The second address is a person of its own again, with the badges that came under it; both are evaluated at once. Reads the Région's account in OBF, and waits for an award that is on its way.`,
  args: ADDRESSES,
  progress: { fr: 'Séparation des adresses', en: 'Parting the addresses' },
  interruptible: true,
  run: inPipeline(async (pipeline, call) => {
    const [first, second] = await requireTwoAddresses(pipeline, call.args);
    const { people, changed, moved } = await unlinkAddress(pipeline, first, second, call.signal);
    const paused = await pipeline.queues.awards.isPaused();
    const unlinked = [
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
      lines: changed ? unlinked : [NOT_LINKED],
      json: { earners: people, changed, moved, issuing_paused: paused },
    };
  }),
};

const NOT_LINKED = say`Ces adresses n'étaient pas liées : rien n'est changé.
  These addresses were not linked: nothing is changed.`;

/** Reads two different known addresses. @throws CommandProblem when one is malformed or unknown, or both are the same */
async function requireTwoAddresses(pipeline: Pipeline, typed: readonly string[]) {
  const keys = [keyOf(pipeline.vault, typed[0]), keyOf(pipeline.vault, typed[1])] as const;
  if (keys[0] === keys[1])
    throw wrongUsage({ fr: "C'est deux fois la même adresse.", en: 'This is the same address twice.' });
  const known = await Promise.all(keys.map((key) => isKnown(pipeline, key)));
  const unknown = UNKNOWN.filter((_, index) => known[index] === false);
  if (unknown.length === 0) return keys;
  const unchanged = { fr: "Rien n'a été changé.", en: 'Nothing was changed.' };
  throw new CommandProblem('unknown_earner', [...unknown, unchanged]);
}

/** Names the addresses by their position: what was typed is not shown. */
const UNKNOWN = [
  say`Personne n'est connu à la première adresse : aucun badge n'y a été lu.
    Nobody is known by the first address: no badge was read for it.`,
  say`Personne n'est connu à la seconde adresse : aucun badge n'y a été lu.
    Nobody is known by the second address: no badge was read for it.`,
];

export const unblock: Command = {
  help: `
    laisse redonner un badge Région révoqué à la main
      lets an award that was revoked by hand be given again
    Le badge est délivré à nouveau dès que sa règle est remplie : tout de suite, si elle l'est. « npx palier explain » dit ce qui est bloqué.
      It is given again as soon as its rule is met: at once, if it is. "npx palier explain" tells what is blocked.`,
  args: {
    ...EARNER_ARGUMENT,
    'badge|award': say`le badge Région, par son nom dans scheme.yaml (communiquer-1...)
      the award, by its name in scheme.yaml (communiquer-1...)`,
  },
  progress: { fr: 'Levée du blocage', en: 'Lifting the block' },
  run: inPipeline(async (pipeline, { args: [typed, typedAward = ''] }) => {
    const earner = parseEarner(pipeline.vault, typed);
    const { id, name, badgeId } = awardOf(pipeline.scheme, typedAward);
    const { assertions, held, blocked } = (await readPerson(pipeline, earner)).portfolio;
    if (assertions.length + held.length + blocked.length === 0) throw unknownEarner();
    if (!(await unblockAward(pipeline, earner, badgeId))) throw notBlocked(name);
    const paused = await pipeline.queues.awards.isPaused();
    return {
      lines: [
        say`Blocage levé : « ${name} », bénéficiaire ${earner}. Il est délivré à nouveau dès que sa règle est remplie.
            Block lifted: "${name}", earner ${earner}. It is given again as soon as its rule is met.`,
        paused && PAUSED,
      ],
      json: { earner, award: id, unblocked: true, issuing_paused: paused },
    };
  }),
};

const notBlocked = (name: string): CommandProblem =>
  new CommandProblem('not_blocked', [
    say`« ${name} » n'est pas bloqué pour cette personne : rien n'est changé.
      "${name}" is not blocked for this person: nothing is changed.`,
    say`« npx palier explain » dit où il en est. Une révocation toute récente n'est peut-être pas encore lue : « npx palier reconcile --full » la trouve.
      "npx palier explain" tells how it stands. A revocation of just now may not be read yet: "npx palier reconcile --full" finds it.`,
  ]);

/** Variables without which the earner's pages are switched off. */
const PAGES_VARIABLES = ['SMTP_URL', 'MAIL_FROM', 'PUBLIC_URL'];
const NEEDED_TO_SEND = [...NEEDED, ...PAGES_VARIABLES];

export const parcoursSend: Command = {
  help: `
    envoie à une personne le lien vers sa page « Mon parcours »
      sends a person the link to their own page
    Par e-mail, à l'adresse demandée, jamais à une autre. Le lien marche une seule fois, pendant 30 minutes, et remplace le précédent. La demande est notée dans les journaux.
      By e-mail, to the address that was asked for, never to another. The link works once, for 30 minutes, and replaces the one before. The request is written into the logs.`,
  args: EARNER_ARGUMENT,
  progress: { fr: "Demande de l'envoi", en: 'Asking for the mail' },
  run: inPipeline(async ({ vault, earners, queues }, call, { parcours }) => {
    if (parcours === null)
      throw problem`no_pages
        Les pages « Mon parcours » n'existent pas ici : il y faut ${PAGES_VARIABLES.join(', ')}.
        The earner's own pages do not exist here: they need ${PAGES_VARIABLES.join(', ')}.`;
    const earner = parseEarner(vault, call.args[0]);
    if ((await earners.read(earner)).contact === null) throw unknownEarner();
    await enqueueLink(queues.mails, earner, 'npx palier parcours send');
    return { lines: [ASKED], json: { earner, asked: true } };
  }, NEEDED_TO_SEND),
};

const ASKED = say`L'envoi du lien est demandé : l'e-mail part dans quelques instants. S'il n'arrive pas, voyez docs/operating.md (« Un lien n'arrive pas »).
  The link is asked for: the e-mail leaves in a few moments. If it does not arrive, see docs/operating.md ("Un lien n'arrive pas").`;

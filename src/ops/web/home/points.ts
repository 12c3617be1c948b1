import { problemWords } from '../../shared/stats.js';
import { durationWords } from '../../shared/words.js';
import { howMany, told } from './how-many.js';
import { TO } from './links.js';
import { pointsAboutIssuing, quotaLow } from './points-issuing.js';
import { pointsAboutObf } from './points-obf.js';
import type { Facts, Point } from './verdict.js';

/** From here on it is late, seconds: everything that the clock sets off comes within minutes. */
const NO_WORKER_S = 15 * 60;
const WAITS_S = 10 * 60;
const WAITS_LONG_S = 3600;
/** A call of unknown outcome is looked up in OBF after half a minute. */
const UNKNOWN_LONG_S = 10 * 60;
/** `apply` gives thousands their award within minutes. */
const UNFINISHED_S = 10 * 60;
/** So many names are told; the page behind has all. */
const MAX_NAMED = 3;

/** Each rule of the verdict, the worst first. */
export const pointsAbout = (facts: Facts): readonly Point[] =>
  [
    noWorker,
    pointsAboutObf,
    pointsAboutIssuing,
    failed,
    waiting,
    unknown,
    application,
    quotaLow,
    unreadable,
    flags,
    silent,
  ].flatMap((about) => about(facts));

const noWorker = ({ now: { lateS } }: Facts): readonly Point[] => {
  if (lateS < NO_WORKER_S) return [];
  const since = durationWords(lateS);
  return [
    {
      kind: 'bad',
      text: {
        fr: `Palier a ${since.fr} de retard sur la lecture des comptes OBF : le processus « worker » est arrêté, ou débordé.`,
        en: `Palier is ${since.en} late in reading the OBF accounts: the "worker" process is stopped, or cannot keep up.`,
      },
      link: { href: TO.queues, words: { fr: 'Voir les files', en: 'See the queues' } },
    },
  ];
};

const failed = ({ now }: Facts): readonly Point[] => {
  const jobs = howMany(
    now.failed,
    {
      fr: 'travail a échoué et n’avancera pas sans vous',
      en: 'job has failed and does not go on without you',
    },
    {
      fr: 'travaux ont échoué et n’avanceront pas sans vous',
      en: 'jobs have failed and do not go on without you',
    },
  );
  const text = { fr: `${jobs.fr}.`, en: `${jobs.en}.` };
  const link = {
    href: TO.failures,
    words: { fr: 'Voir les échecs et les relancer', en: 'See and replay them' },
  };
  return now.failed > 0 ? [{ kind: 'bad', text, link }] : [];
};

const waiting = ({ now: { notices } }: Facts): readonly Point[] => {
  if (notices.oldestAgeS < WAITS_S) return [];
  const age = durationWords(notices.oldestAgeS);
  return [
    {
      kind: notices.oldestAgeS < WAITS_LONG_S ? 'watch' : 'bad',
      text: {
        fr: `Des avis attendent d’être lus (${told(notices.waiting).fr}), le plus ancien depuis ${age.fr}. Rien n’est perdu : ils le seront dès que possible.`,
        en: `Notices wait to be read (${told(notices.waiting).en}), the oldest for ${age.en}. Nothing is lost: they are read as soon as possible.`,
      },
      link: { href: TO.queues, words: { fr: 'Voir les files', en: 'See the queues' } },
    },
  ];
};

const unknown = ({ now: { unknown: are } }: Facts): readonly Point[] => {
  if (are.batches === 0) return [];
  const age = durationWords(are.ageS);
  const calls = howMany(
    are.batches,
    { fr: 'envoi', en: 'issue call' },
    { fr: 'envois, le plus ancien', en: 'issue calls, the oldest' },
  );
  return [
    {
      kind: are.ageS < UNKNOWN_LONG_S ? 'watch' : 'bad',
      text: {
        fr: `OBF n’a pas confirmé ${calls.fr} depuis ${age.fr}. Palier vérifie dans OBF avant de renvoyer quoi que ce soit.`,
        en: `OBF did not confirm ${calls.en} for ${age.en}. Palier looks in OBF before it sends anything again.`,
      },
      link: { href: TO.obf, words: { fr: 'Voir comment OBF répond', en: 'See how OBF answers' } },
    },
  ];
};

const application = ({ nowS, unfinished, isChangeWaiting }: Facts): readonly Point[] => {
  const link = { href: TO.rules, words: { fr: 'Ouvrir le barème', en: 'Open the scheme' } };
  if (unfinished !== null && nowS - unfinished.startedS >= UNFINISHED_S) {
    const since = durationWords(nowS - unfinished.startedS);
    const text = {
      fr: `La mise en vigueur du barème, commencée il y a ${since.fr}, n’est pas terminée. Reprenez-la : rien n’est délivré deux fois.`,
      en: `Putting the scheme into force began ${since.en} ago and has not ended. Go on with it: nothing is given twice.`,
    };
    return [{ kind: 'bad', text, link }];
  }
  const text = {
    fr: 'Le barème a changé : les personnes déjà connues attendent sa mise en vigueur.',
    en: 'The scheme has changed: people known already wait until it is put into force.',
  };
  return isChangeWaiting && unfinished === null ? [{ kind: 'watch', text, link }] : [];
};

const flags = ({ now: { flags: are } }: Facts): readonly Point[] => {
  const text = {
    fr: `Badges Région à examiner : ${told(are.count).fr}. Leur règle n’est plus remplie, un badge ayant été révoqué.`,
    en: `Awards to look at: ${told(are.count).en}. Their rule is no longer met, since a badge was revoked.`,
  };
  const link = { href: TO.flags, words: { fr: 'Voir lesquels', en: 'See which' } };
  return are.count > 0 ? [{ kind: 'watch', text, link }] : [];
};

/** The others of the same list are stored; OBF, or whoever issued, is to mend these. */
const unreadable = ({ readProblems, nameOf }: Facts): readonly Point[] =>
  readProblems.slice(0, MAX_NAMED).map((problem) => {
    const words = problemWords(problem, nameOf);
    const link = { href: TO.failures, words: { fr: 'Voir les échecs', en: 'See the failures' } };
    return { kind: 'watch', text: { fr: `${words.fr}.`, en: `${words.en}.` }, link };
  });

const silent = ({ partners }: Facts): readonly Point[] => {
  const names = partners.filter((one) => one.silent).map(({ partner }) => partner.name);
  const [shown, more] = [names.slice(0, MAX_NAMED).join(', '), names.length > MAX_NAMED ? '…' : '.'];
  const text = {
    fr: `Organismes sans nouvelles depuis 30 jours : ${told(names.length).fr} (${shown})${more}`,
    en: `Partners of whom nothing was heard for 30 days: ${told(names.length).en} (${shown})${more}`,
  };
  const link = { href: TO.partners, words: { fr: 'Voir les organismes', en: 'See the partners' } };
  return names.length > 0 ? [{ kind: 'watch', text, link }] : [];
};

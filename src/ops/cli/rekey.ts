import { markKey } from '../../platform/key-guard.js';
import { resealAll, type Resealed } from '../../workers/reseal.js';
import type { Lang } from '../shared/words.js';
import { command } from './command.js';
import { EXIT } from './problem.js';
import { withPipeline } from './session.js';

export const rekey = command({
  name: 'rekey',
  summary: {
    fr: 'chiffre à nouveau, sous PALIER_KEY, ce qui l’est sous PALIER_KEY_OLD',
    en: 'seals anew, under PALIER_KEY, what is sealed under PALIER_KEY_OLD',
  },
  details: [
    {
      fr: "Avant de la taper : la nouvelle clé dans PALIER_KEY, l'ancienne dans PALIER_KEY_OLD, web et worker redémarrés. Personne ne change de nom, et rien n'est délivré de nouveau.",
      en: 'Before it is typed: the new key in PALIER_KEY, the former one in PALIER_KEY_OLD, web and worker restarted. Nobody is named anew, and nothing is issued again.',
    },
    {
      fr: "Peut être tapée à côté des workers, et autant de fois que voulu ; arrêtée en route, elle reprend. Code de sortie 1 si un enregistrement n'a pas pu être lu.",
      en: 'May be typed beside running workers, and as often as you like; stopped on the way, it goes on. Exit code 1 if a record could not be read.',
    },
  ],
  progress: { fr: 'Chiffrement sous la nouvelle clé', en: 'Sealing under the new key' },
  interruptible: true,
  work: (_call, { context, report, signal }) =>
    withPipeline(context, async (pipeline) => {
      const { redis, prefix } = pipeline.people;
      await markKey(redis, prefix, pipeline.vault);
      const total = await pipeline.earners.count();
      return resealAll(pipeline, (records) => report(records, Math.max(records, total)), signal);
    }),
  answer: (done, { lang }) => ({
    lines: linesOf(done, lang),
    json: done,
    exit: done.unreadable.length === 0 ? EXIT.good : EXIT.problem,
  }),
});

const linesOf = ({ records, resealed, jobs, unreadable }: Resealed, lang: Lang): readonly string[] =>
  lang === 'fr'
    ? [
        `Enregistrements : ${records}, dont ${resealed} chiffrés à nouveau. Avis en attente ou en échec chiffrés à nouveau : ${jobs}.`,
        ...(unreadable.length === 0
          ? []
          : [
              `Illisibles sous les deux clés : ${unreadable.join(', ')}. Voyez docs/operating.md (« Changer PALIER_KEY »).`,
            ]),
        'Plus rien ne demande l’ancienne clé : retirez PALIER_KEY_OLD, puis redémarrez web et worker.',
      ]
    : [
        `Records: ${records}, of which ${resealed} were sealed anew. Notices that wait or failed, sealed anew: ${jobs}.`,
        ...(unreadable.length === 0
          ? []
          : [
              `Readable under neither key: ${unreadable.join(', ')}. See docs/operating.md ("Changer PALIER_KEY").`,
            ]),
        'Nothing needs the former key any more: remove PALIER_KEY_OLD, then restart web and worker.',
      ];

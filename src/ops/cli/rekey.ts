import { markKey } from '../../platform/key-guard.js';
import { resealAll } from '../../workers/reseal.js';
import { say, type Localized } from '../shared/words.js';
import { withPipeline } from './session.js';
import { type Command, EXIT } from './command.js';

export const rekey: Command = {
  name: 'rekey',
  help: [
    say`chiffre à nouveau, sous PALIER_KEY, ce qui l’est sous PALIER_KEY_OLD
      seals anew, under PALIER_KEY, what is sealed under PALIER_KEY_OLD`,
    say`Avant de la taper : la nouvelle clé dans PALIER_KEY, l'ancienne dans PALIER_KEY_OLD, web et worker redémarrés. Personne ne change de nom, et rien n'est délivré de nouveau.
      Before it is typed: the new key in PALIER_KEY, the former one in PALIER_KEY_OLD, web and worker restarted. Nobody is named anew, and nothing is issued again.`,
    say`Peut être tapée à côté des workers, et autant de fois que voulu ; arrêtée en route, elle reprend. Code de sortie 1 si un enregistrement n'a pas pu être lu.
      May be typed beside running workers, and as often as you like; stopped on the way, it goes on. Exit code 1 if a record could not be read.`,
  ],
  progress: { fr: 'Chiffrement sous la nouvelle clé', en: 'Sealing under the new key' },
  interruptible: true,
  run: async (call) => {
    const done = await withPipeline(call, async (pipeline) => {
      const { redis, prefix } = pipeline.people;
      await markKey(redis, prefix, pipeline.vault);
      const total = await pipeline.earners.count();
      return resealAll(pipeline, (records) => call.report(records, Math.max(records, total)), call.signal);
    });
    const { records, resealed, jobs, unreadable } = done;
    return {
      lines: [
        say`Enregistrements : ${records}, dont ${resealed} chiffrés à nouveau. Avis en attente ou en échec chiffrés à nouveau : ${jobs}.
          Records: ${records}, of which ${resealed} were sealed anew. Notices that wait or failed, sealed anew: ${jobs}.`,
        unreadable.length > 0 && unreadableWords(unreadable),
        say`Plus rien ne demande l’ancienne clé : retirez PALIER_KEY_OLD, puis redémarrez web et worker.
          Nothing needs the former key any more: remove PALIER_KEY_OLD, then restart web and worker.`,
      ],
      json: done,
      exit: unreadable.length === 0 ? EXIT.good : EXIT.problem,
    };
  },
};

const unreadableWords = (keys: readonly string[]): Localized =>
  say`Illisibles sous les deux clés : ${keys.join(', ')}. Voyez docs/operating.md (« Changer PALIER_KEY »).
    Readable under neither key: ${keys.join(', ')}. See docs/operating.md ("Changer PALIER_KEY").`;

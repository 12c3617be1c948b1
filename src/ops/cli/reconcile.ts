import type { Pipeline } from '../../workers/pipeline.js';
import { scheduleTimesOf } from '../../workers/schedules.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import { answer } from './answer.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { interruptible } from './interrupt.js';
import { withPipeline } from './pipeline-session.js';
import { withProgress } from './progress.js';
import { pollAll } from './reconcile/poll-all.js';
import { readAll } from './reconcile/read-all.js';
import { polledJson, polledLines, rereadJson, rereadLines } from './reconcile/words.js';
import { configProblem } from './settings.js';

export const reconcile: Command = {
  name: 'reconcile',
  summary: {
    fr: 'lit dans OBF ce qui a été délivré sans que Palier le sache',
    en: 'reads in OBF what was issued unknown to Palier',
  },
  details: [
    {
      fr: "Lit maintenant la liste d'événements de chaque compte, comme les workers le font d'eux-mêmes toutes les POLL_EVERY_S secondes ; ce qui manque est mis en file.",
      en: 'Reads the event list of every account now, as the workers do by themselves every POLL_EVERY_S seconds; what is missing is enqueued.',
    },
    {
      fr: "Peut être tapée à tout moment, les workers tournant ou non, et autant de fois que voulu. Code de sortie 1 si un compte n'a pas pu être lu.",
      en: 'May be typed at any time, beside running workers or not, and as often as you like. Exit code 1 if an account could not be read.',
    },
  ],
  args: [],
  options: [
    {
      flag: '--full',
      about: {
        fr: 'relit tout, comme les workers le font toutes les VERIFY_EVERY_H heures : reconstruit un Redis perdu, trouve ce qui a été révoqué, ajouté ou supprimé, et dit les écarts réparés',
        en: 'reads everything again, as the workers do every VERIFY_EVERY_H hours: rebuilds a lost Redis, finds what was revoked, added or deleted, and tells the drift it mended',
      },
    },
  ],
  run: (call, context) => (call.flags['full'] === true ? full(call, context) : poll(call, context)),
};

async function poll(call: Call, context: Context): Promise<number> {
  const about = { fr: 'Lecture des comptes OBF', en: 'Reading the OBF accounts' };
  const polled = await interruptible(context, (signal) =>
    withProgress({ ...context, lang: call.lang }, about, (report) =>
      withPipeline(context, [], (pipeline) => {
        requireKeys(pipeline, context);
        return pollAll(pipeline, report, signal);
      }),
    ),
  );
  answer(call, context, polledLines(polled, call.lang), polledJson(polled, call.lang));
  return polled.unread.length === 0 ? EXIT.good : EXIT.problem;
}

async function full(call: Call, context: Context): Promise<number> {
  const about = {
    fr: 'Relecture des événements, compte par compte',
    en: 'Reading events again, account by account',
  };
  const reread = await interruptible(context, (signal) =>
    withProgress({ ...context, lang: call.lang }, about, (report) =>
      withPipeline(context, ['POLL_EVERY_S', 'VERIFY_EVERY_H', 'RETENTION_MONTHS'], (pipeline, config) => {
        requireKeys(pipeline, context);
        return readAll(pipeline, scheduleTimesOf(config), report, signal);
      }),
    ),
  );
  answer(call, context, rereadLines(reread, call.lang), rereadJson(reread, call.lang));
  return reread.unread.length === 0 ? EXIT.good : EXIT.problem;
}

/** An account without its key would be passed over in silence. */
function requireKeys({ scheme }: Pipeline, { env }: Context): void {
  const { faults } = partnerKeys(scheme, env);
  if (faults.length > 0) throw configProblem(faults);
}

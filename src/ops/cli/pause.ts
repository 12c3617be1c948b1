import { answer } from './answer.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { withProgress } from './progress.js';
import { withQueue } from './queue-session.js';
import { requireRedis } from './redis-session.js';
import { requireSettings } from './settings.js';
import type { Lang, Localized } from '../shared/words.js';

export const pause: Command = {
  name: 'pause',
  summary: { fr: 'suspend les envois, et eux seuls', en: 'pauses issuing, and nothing else' },
  details: [
    {
      fr: "Les avis sont toujours reçus et les personnes évaluées ; les badges dus attendent, et rien n'est perdu. Les révocations par Palier attendent aussi ; plans, mises en vigueur et conservation continuent.",
      en: 'Notices are still taken and people evaluated; what is due waits, and nothing is lost. Revocations by Palier wait too; plans, applications and retention go on.',
    },
  ],
  args: [],
  options: [],
  run: (call, context) => turn(call, context, true),
};

export const resume: Command = {
  name: 'resume',
  summary: { fr: 'relance les envois suspendus par « pause »', en: 'starts issuing again after "pause"' },
  details: [
    {
      fr: 'Ce qui est dû part alors, par envois groupés ; chaque personne est réévaluée juste avant.',
      en: 'What is due leaves then, in batches; everyone is evaluated anew just before.',
    },
  ],
  args: [],
  options: [],
  run: (call, context) => turn(call, context, false),
};

interface Turned {
  readonly paused: boolean;
  readonly changed: boolean;
  /** Issue calls and the like that had begun: they end. */
  readonly underWay: number;
}

async function turn(call: Call, context: Context, paused: boolean): Promise<number> {
  const { redis: address } = requireSettings(context, ['REDIS_URL']);
  const about = { fr: 'Un instant', en: 'One moment' };
  const turned = await withProgress({ ...context, lang: call.lang }, about, () =>
    requireRedis(context, address, (redis) =>
      withQueue(context, redis, 'awards', async (awards): Promise<Turned> => {
        const before = await awards.isPaused();
        await (paused ? awards.pause() : awards.resume());
        return { paused, changed: before !== paused, underWay: await awards.getActiveCount() };
      }),
    ),
  );
  const { changed, underWay } = turned;
  answer(
    call,
    context,
    linesOf(turned, call.lang),
    paused ? { paused, changed, under_way: underWay } : { paused, changed },
  );
  return EXIT.good;
}

function linesOf({ paused, changed, underWay }: Turned, lang: Lang): readonly string[] {
  const state = (paused ? PAUSED : RESUMED)[changed ? 'now' : 'already'][lang];
  const ending = {
    fr: `Travaux d'envoi déjà commencés, qui s'achèvent : ${underWay}.`,
    en: `Work on issuing that had begun, and ends: ${underWay}.`,
  };
  return [state, ...(paused && underWay > 0 ? [ending[lang]] : [])];
}

const PAUSED: Readonly<Record<'now' | 'already', Localized>> = {
  now: {
    fr: 'Envois suspendus. « npx palier resume » les relance.',
    en: 'Issuing is paused. "npx palier resume" starts it again.',
  },
  already: {
    fr: 'Les envois étaient déjà suspendus. « npx palier resume » les relance.',
    en: 'Issuing was paused already. "npx palier resume" starts it again.',
  },
};
const RESUMED: typeof PAUSED = {
  now: { fr: 'Envois relancés.', en: 'Issuing goes on.' },
  already: { fr: "Les envois n'étaient pas suspendus.", en: 'Issuing was not paused.' },
};

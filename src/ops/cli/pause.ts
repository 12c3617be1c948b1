import type { Lang, Localized } from '../shared/words.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { requireRedis, withQueue } from './session.js';
import { requireSettings } from './settings.js';

const ONE_MOMENT = { fr: 'Un instant', en: 'One moment' };

export const pause = command({
  name: 'pause',
  summary: { fr: 'suspend les envois, et eux seuls', en: 'pauses issuing, and nothing else' },
  details: [
    {
      fr: "Les avis sont toujours reçus et les personnes évaluées ; les badges dus attendent, et rien n'est perdu. Les révocations par Palier attendent aussi ; plans, mises en vigueur et conservation continuent.",
      en: 'Notices are still taken and people evaluated; what is due waits, and nothing is lost. Revocations by Palier wait too; plans, applications and retention go on.',
    },
  ],
  progress: ONE_MOMENT,
  work: (_call, { context }) => turn(context, true),
  answer: (turned, { lang }) => ({
    lines: linesOf(turned, lang),
    json: { paused: true, changed: turned.changed, under_way: turned.inFlight },
  }),
});

export const resume = command({
  name: 'resume',
  summary: { fr: 'relance les envois suspendus par « pause »', en: 'starts issuing again after "pause"' },
  details: [
    {
      fr: 'Ce qui est dû part alors, par envois groupés ; chaque personne est réévaluée juste avant.',
      en: 'What is due leaves then, in batches; everyone is evaluated anew just before.',
    },
  ],
  progress: ONE_MOMENT,
  work: (_call, { context }) => turn(context, false),
  answer: (turned, { lang }) => ({
    lines: linesOf(turned, lang),
    json: { paused: false, changed: turned.changed },
  }),
});

interface Turned {
  readonly paused: boolean;
  readonly changed: boolean;
  /** Issue calls and the like that had begun: they end. */
  readonly inFlight: number;
}

async function turn(context: Context, paused: boolean): Promise<Turned> {
  const { redis: address } = requireSettings(context, ['REDIS_URL']);
  return requireRedis(context, address, (redis) =>
    withQueue(context, redis, 'awards', async (awards) => {
      const before = await awards.isPaused();
      await (paused ? awards.pause() : awards.resume());
      return { paused, changed: before !== paused, inFlight: await awards.getActiveCount() };
    }),
  );
}

function linesOf({ paused, changed, inFlight }: Turned, lang: Lang): readonly string[] {
  const state = (paused ? PAUSED : RESUMED)[changed ? 'now' : 'already'][lang];
  const ending = {
    fr: `Travaux d'envoi déjà commencés, qui s'achèvent : ${inFlight}.`,
    en: `Work on issuing that had begun, and ends: ${inFlight}.`,
  };
  return [state, ...(paused && inFlight > 0 ? [ending[lang]] : [])];
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

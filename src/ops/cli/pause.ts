import { say } from '../shared/words.js';
import { withQueues, withRedis } from './session.js';
import { requireSettings } from './settings.js';
import { type Call, type Command } from './command.js';

const ONE_MOMENT = { fr: 'Un instant', en: 'One moment' };

export const pause: Command = {
  name: 'pause',
  help: [
    { fr: 'suspend les envois, et eux seuls', en: 'pauses issuing, and nothing else' },
    say`Les avis sont toujours reçus et les personnes évaluées ; les badges dus attendent, et rien n'est perdu. Les révocations par Palier attendent aussi ; plans, mises en vigueur et conservation continuent.
      Notices are still taken and people evaluated; what is due waits, and nothing is lost. Revocations by Palier wait too; plans, applications and retention go on.`,
  ],
  progress: ONE_MOMENT,
  run: async (call) => {
    const { changed, inFlight } = await turn(call, true);
    return {
      lines: [
        changed
          ? say`Envois suspendus. « npx palier resume » les relance.
            Issuing is paused. "npx palier resume" starts it again.`
          : say`Les envois étaient déjà suspendus. « npx palier resume » les relance.
            Issuing was paused already. "npx palier resume" starts it again.`,
        inFlight > 0 &&
          say`Travaux d'envoi déjà commencés, qui s'achèvent : ${inFlight}.
            Work on issuing that had begun, and ends: ${inFlight}.`,
      ],
      json: { paused: true, changed, under_way: inFlight },
    };
  },
};

export const resume: Command = {
  name: 'resume',
  help: [
    { fr: 'relance les envois suspendus par « pause »', en: 'starts issuing again after "pause"' },
    say`Ce qui est dû part alors, par envois groupés ; chaque personne est réévaluée juste avant.
      What is due leaves then, in batches; everyone is evaluated anew just before.`,
  ],
  progress: ONE_MOMENT,
  run: async (call) => {
    const { changed } = await turn(call, false);
    const words = changed
      ? { fr: 'Envois relancés.', en: 'Issuing goes on.' }
      : { fr: "Les envois n'étaient pas suspendus.", en: 'Issuing was not paused.' };
    return { lines: [words], json: { paused: false, changed } };
  },
};

/** @returns `inFlight`: issue calls and the like that had begun */
function turn(call: Call, paused: boolean) {
  const config = requireSettings(call, ['REDIS_URL']);
  return withRedis(call, config.redis, (redis) =>
    withQueues(call, redis, async ({ awards }) => {
      const before = await awards.isPaused();
      await (paused ? awards.pause() : awards.resume());
      return { changed: before !== paused, inFlight: await awards.getActiveCount() };
    }),
  );
}

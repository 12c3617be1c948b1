import { parseScenario } from '../../sandbox/scenario.js';
import { runScenario, type Hands } from '../../sandbox/run-scenario.js';
import type { EventRecord } from '../../sandbox/types.js';
import type { Insight, Work } from '../insight.js';
import type { Narrator } from '../narrator.js';
import type { Stage } from '../stage/stage.js';
import { waitFor } from '../stage/wait.js';
import { STRANGER } from '../story/cast.js';
import type { Scene } from '../story/scene.js';
import { sendCredentials, sendNotice } from './deliver.js';
import { tellNotice, tellPortfolios, tellTrouble } from './facts.js';

/** All that a scene needs. */
export interface Play {
  readonly stage: Pick<Stage, 'sandbox' | 'webUrl' | 'keys'>;
  readonly insight: Insight;
  readonly narrator: Narrator;
  /** Tells what went out since it was last asked. */
  readonly announce: () => void;
  /** Partners that gave no API key. */
  readonly keyless: ReadonlySet<string>;
  readonly stop: AbortSignal;
}

/** For the eye to rest, before the next scene. */
const SCENE_END_MS = 1500;

/** Plays one scene: its acts in Open Badge Factory, their notices to Palier, and what comes of them. */
export async function playScene(play: Play, scene: Scene, number: number): Promise<void> {
  const { narrator, stage, announce } = play;
  narrator.heading(`${number}. ${scene.title}`);
  const scenario = parseScenario({ title: scene.title, steps: scene.steps });
  await runScenario(stage.sandbox, scenario, handsFor(play, scene));
  announce();
  await narrator.pause(SCENE_END_MS);
}

function handsFor(play: Play, scene: Scene): Hands {
  const { narrator, announce, stop } = play;
  return {
    narrate: (line) => {
      announce();
      narrator.say(line);
    },
    pause: (ms) => narrator.pause(ms),
    until: async (condition, what) => {
      await waitFor(condition, what, stop);
      announce();
    },
    notify: (notice) => notify(play, scene, notice),
  };
}

type Notice = Parameters<Hands['notify']>[0];

/** The notice, and then the wait until Palier has read and decided: after that, nothing more can come of it. */
async function notify(play: Play, { toward, times = 1 }: Scene, notice: Notice): Promise<void> {
  const { stage, insight, narrator, keyless, stop } = play;
  const event = stage.sandbox.eventsOf(notice.client_id).find(({ id }) => id === notice.event_id);
  if (event === undefined) throw new Error(`The story has no event ${notice.event_id}`);
  const before = stage.sandbox.calls.length;
  const pushed = keyless.has(notice.client_id);
  const statuses = await (pushed ? sendCredentials(stage, event) : sendNotice(stage, notice, times));
  const ignored = notice.client_id === STRANGER.id;
  tellNotice(narrator, statuses, { pushed, ignored });
  await workDone(insight, ({ deciding }) => deciding, 'la lecture du webhook', stop);
  tellTrouble(narrator, stage.sandbox.calls.slice(before));
  if (!ignored) await tellPortfolios(narrator, insight, touched(notice, event), toward);
}

/** Whose badge was given, or taken back: a revocation names the whole event. */
const touched = ({ type }: Notice, { assertions }: EventRecord): readonly string[] =>
  assertions.filter(({ revoked }) => type !== 'badge.revoked' || revoked).map(({ email }) => email);

/** Resolves when nothing is left of one kind of work. Looked at twice: what is done may have left more. */
export async function workDone(
  insight: Insight,
  kind: (work: Work) => number,
  what: string,
  stop: AbortSignal,
): Promise<void> {
  const none = async (): Promise<boolean> => kind(await insight.work()) === 0;
  await waitFor(async () => (await none()) && (await none()), what, stop);
}

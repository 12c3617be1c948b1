import type { DemoScheme, Insight } from '../insight.js';
import type { Narrator } from '../narrator.js';
import type { Environment } from '../stage/environment.js';
import type { Stage } from '../stage/stage.js';
import { BASTIEN, FARID } from '../story/cast.js';
import { AWARDED, NOT_AWARDED } from '../story/outcome.js';
import { SCENES } from '../story/scenes.js';
import { counted } from '../text.js';
import { createAnnouncer } from './announcer.js';
import { awardedTable, missedTable } from './ending.js';
import { excerpt, explainLines } from './explain.js';
import { playScene, workDone, type Play } from './play.js';
import { regionBadges, type RegionBadges } from './region-badges.js';
import { differences } from './verify.js';

export interface StoryOptions {
  readonly stage: Stage;
  readonly insight: Insight;
  readonly narrator: Narrator;
  readonly scheme: DemoScheme;
  readonly projectDir: string;
  readonly programsDir: string;
  /** What any program needs of its surroundings, such as PATH. */
  readonly surroundings: Environment;
  readonly stop: AbortSignal;
}

/** The story did not come out as told. The message is for whoever watches. */
export class StoryWentWrong extends Error {
  readonly code = 'story_went_wrong';
}

/**
 * Tells the whole story on an open stage.
 * @throws StoryWentWrong when Open Badge Factory received anything but what was promised
 */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { stage, insight, narrator, scheme, stop } = options;
  const badges = regionBadges(scheme.regionBadges);
  const announce = createAnnouncer(stage.sandbox, narrator, badges);
  const keyless = new Set(
    scheme.partners.filter(({ secretEnv }) => secretEnv === null).map(({ clientId }) => clientId),
  );
  const play: Play = { stage, insight, narrator, announce, keyless, stop };
  for (const [at, scene] of SCENES.entries()) await playScene(play, scene, at + 1);
  await backToBastien(options, SCENES.length + 1);
  await showExplain(options);
  await showEnd(options, badges);
  const { failed } = await insight.work();
  const wrong = differences(stage.sandbox, AWARDED, badges, failed);
  if (wrong.length > 0) throw new StoryWentWrong(wrong.join('\n'));
}

/** Waits until Palier has looked for the badge whose reply was lost, and nothing is left to do. */
async function backToBastien(
  { stage, insight, narrator, stop }: StoryOptions,
  number: number,
): Promise<void> {
  narrator.heading(`${number}. Retour à ${BASTIEN.name}`);
  await workDone(insight, ({ deciding, issuing }) => deciding + issuing, 'la fin de tout travail', stop);
  narrator.say("Trente secondes après l'appel resté sans réponse, Palier a relu le compte de la Région.");
  const calls = stage.sandbox.issues().filter(({ recipients }) => recipients.includes(BASTIEN.email));
  narrator.fact(
    `${counted(calls.length, "appel d'émission", "appels d'émission")} pour ${BASTIEN.name}, en tout`,
  );
  narrator.say("Son badge y était : rien n'est émis de nouveau.");
  await narrator.pause(READ_MS);
}

const READ_MS = 4000;
/** The parts of the explanation that matter here; the others are much alike. */
const EXPLAIN_SHOWN = ['Bénéficiaire', 'Communiquer', 'Ne comptent'];

async function showExplain(options: StoryOptions): Promise<void> {
  const { narrator, stage, programsDir, surroundings } = options;
  const { email, name } = FARID;
  narrator.heading(`Pourquoi ${name} n'a-t-il pas son badge ?`);
  narrator.say(`C'est ce que dit « npx palier explain ${email} » :`);
  const environment = { ...surroundings, ...stage.environment };
  const lines = await explainLines(programsDir, environment, stage.runDir, email);
  narrator.verbatim(excerpt(lines, EXPLAIN_SHOWN));
  await narrator.pause(READ_MS);
}

async function showEnd({ stage, insight, narrator }: StoryOptions, badges: RegionBadges) {
  narrator.heading('Pour finir : qui a reçu quoi, et pourquoi');
  narrator.table(await awardedTable(stage.sandbox, insight, badges));
  narrator.gap();
  narrator.table(await missedTable(stage.sandbox, insight, badges, NOT_AWARDED));
  narrator.gap();
}

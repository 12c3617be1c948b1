import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FARID } from './cast.js';
import { Narrator, type Terminal } from './narrator.js';
import { EVENT_PATH, PASSPORT_PATH, type Insight } from './play.js';
import { Closing, DemoError, type Environment } from './programs.js';
import { openStage, type Stage, type StageOptions } from './stage.js';
import { showMail, tellStory } from './story.js';

interface ShowOptions extends Omit<StageOptions, 'report'> {
  /** No pauses for a reader. */
  readonly fast: boolean;
  /** Stays up after the story. */
  readonly keep: boolean;
  readonly terminal: Terminal;
  /** Opens a look into the Palier that has this environment. */
  readonly openInsight: (environment: Environment) => { insight: Insight; close: () => Promise<void> };
}

/** The sandbox's own reading speed is 25 characters a second; what was said also stays on the screen. */
const READING_PACE = 0.55;

/** As shells have it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/**
 * The whole demonstration: opens everything, tells the story, and closes what it opened, however it ends.
 * @returns the exit code; whatever went wrong has been told
 */
export async function show(options: ShowOptions): Promise<number> {
  const { fast, terminal, stop } = options;
  const closing = new Closing();
  const over = new AbortController();
  const told = AbortSignal.any([stop, over.signal]);
  const narrator = new Narrator({ terminal, pace: fast ? 0 : READING_PACE, stop: told });
  try {
    const stage = await Promise.race([perform({ ...options, stop: told }, narrator, closing), aborted(stop)]);
    if (stage === 'aborted') {
      terminal.write("\nInterrompu : tout s'arrête.\n");
      return INTERRUPTED;
    }
    await finish(options, narrator, stage);
    return 0;
  } catch (error) {
    terminal.writeFault(`\nLa démonstration a échoué.\n${textOf(error)}\n`);
    return 1;
  } finally {
    over.abort();
    await closing.close();
  }
}

async function perform(options: ShowOptions, narrator: Narrator, closing: Closing): Promise<Stage> {
  introduce(options, narrator);
  const stage = await openStage({ ...options, report: (what) => narrator.fact(what) }, closing);
  showAddresses(narrator, stage, options.projectDir);
  const { insight, close } = options.openInsight(stage.environment);
  await closing.opened(close);
  const story = tellStory({ ...options, stage, insight, narrator });
  await Promise.race([stage.watch, story.catch(afterTheCause)]);
  return stage;
}

const CAUSE_WITHIN_MS = 500;

/** A story that breaks off may only be the first to see that a program ended: that one is to be told. */
async function afterTheCause(error: unknown): Promise<never> {
  await sleep(CAUSE_WITHIN_MS);
  throw error;
}

function introduce({ projectDir, configDir }: ShowOptions, narrator: Narrator): void {
  narrator.heading('Palier : la démonstration');
  narrator.say(
    "Des organismes remettent des badges ; la Région remet le sien à qui en a réuni assez, une fois et une seule, sans que personne n'intervienne. " +
      'Tout se passe sur cette machine, avec les vrais programmes et les vraies règles ; les organismes et les personnes sont inventés.',
  );
  narrator.gap();
  narrator.fact(`règles et organismes : ${relative(projectDir, configDir)}/`);
}

async function finish(options: ShowOptions, narrator: Narrator, stage: Stage): Promise<void> {
  if (!options.keep)
    return narrator.say(
      "L'histoire est finie ; tout s'arrête. (« npm run demo -- --keep » laisse tout ouvert.)",
    );
  narrator.say("L'histoire est finie ; tout reste ouvert jusqu'à Ctrl-C.");
  showAddresses(narrator, stage, options.projectDir);
  showCommand(narrator, stage, options);
  narrator.fact(`${stage.webUrl}/parcours : chaque lien demandé arrive ici`);
  stage.mailbox.onMail = (mail) => showMail(narrator, mail);
  await Promise.race([stage.watch, aborted(options.stop)]);
}

/** Where to look while all is up. */
function showAddresses(narrator: Narrator, { webUrl, runDir, keys }: Stage, projectDir: string): void {
  const { name, password } = keys.ops;
  narrator.fact(`à ouvrir : ${webUrl}/ops (nom : ${name} ; mot de passe : ${password})`);
  narrator.fact(`aussi : ${webUrl}/healthz et ${webUrl}/readyz`);
  narrator.fact(`webhooks : POST ${EVENT_PATH} et POST ${PASSPORT_PATH}`);
  narrator.fact(`journaux : ${relative(projectDir, runDir)}/`);
}

/** How to look at somebody, from the project's folder. */
function showCommand(narrator: Narrator, { runDir }: Stage, { projectDir, programsDir }: ShowOptions): void {
  const envFile = relative(projectDir, join(runDir, 'palier.env'));
  const command = relative(projectDir, join(programsDir, 'ops/cli/main.js'));
  narrator.fact("regarder quelqu'un :");
  narrator.command(`node --env-file=${envFile} ${command} explain ${FARID.email}`);
}

const aborted = (signal: AbortSignal): Promise<'aborted'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });

/** A fault that has a code is told by its message; anything else is a defect, and its stack says where. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = error instanceof DemoError || 'code' in error;
  return isOurs ? error.message : (error.stack ?? error.message);
}

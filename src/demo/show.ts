import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FARID } from './cast.js';
import { Narrator } from './narrator.js';
import { EVENT_PATH, PASSPORT_PATH } from './play.js';
import { Closing, DemoError } from './programs.js';
import { openStage, type DemoOptions, type Stage } from './stage.js';
import { showMail, tellStory } from './story.js';

/** The sandbox's own reading speed is 25 characters a second; what was said also stays on the screen. */
const READING_PACE = 0.55;

/** As shells have it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/**
 * The whole demonstration: opens everything, tells the story, and closes what it opened, however it ends.
 * @returns the exit code; whatever went wrong has been told
 */
export async function show(options: DemoOptions): Promise<number> {
  const { fast, terminal, stop } = options;
  const closing = new Closing();
  const over = new AbortController();
  const told = AbortSignal.any([stop, over.signal]);
  const narrator = new Narrator(terminal, fast ? 0 : READING_PACE, told);
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

const CAUSE_WITHIN_MS = 500;

async function perform(options: DemoOptions, narrator: Narrator, closing: Closing): Promise<Stage> {
  const { projectDir, configDir } = options;
  narrator.heading('Palier : la démonstration');
  narrator.say(
    "Des organismes remettent des badges ; la Région remet le sien à qui en a réuni assez, une fois et une seule, sans que personne n'intervienne. " +
      'Tout se passe sur cette machine, avec les vrais programmes et les vraies règles ; les organismes et les personnes sont inventés.',
  );
  narrator.gap();
  narrator.fact(`règles et organismes : ${relative(projectDir, configDir)}/`);
  const stage = await openStage(options, closing, (what) => narrator.fact(what));
  showAddresses(narrator, stage, projectDir);
  const insight = options.openInsight(stage.environment);
  await closing.opened(() => insight.close());
  const story = tellStory({ ...options, ...stage, insight, narrator }).catch(async (error: unknown) => {
    // It may only be the first to see that a program ended: that one is to be told.
    await sleep(CAUSE_WITHIN_MS);
    throw error;
  });
  await Promise.race([stage.watch, story]);
  return stage;
}

async function finish(options: DemoOptions, narrator: Narrator, stage: Stage): Promise<void> {
  const { keep, projectDir, programsDir, stop } = options;
  if (!keep)
    return narrator.say(
      "L'histoire est finie ; tout s'arrête. (« npm run demo -- --keep » laisse tout ouvert.)",
    );
  narrator.say("L'histoire est finie ; tout reste ouvert jusqu'à Ctrl-C.");
  showAddresses(narrator, stage, projectDir);
  const envFile = relative(projectDir, join(stage.runDir, 'palier.env'));
  const command = relative(projectDir, join(programsDir, 'ops/cli/main.js'));
  narrator.fact("regarder quelqu'un :");
  narrator.command(`node --env-file=${envFile} ${command} explain ${FARID.email}`);
  narrator.fact(`${stage.webUrl}/parcours : chaque lien demandé arrive ici`);
  stage.mailbox.onMail = (mail) => showMail(narrator, mail);
  await Promise.race([stage.watch, aborted(stop)]);
}

/** Where to look while all is up. */
function showAddresses(narrator: Narrator, { webUrl, runDir, keys }: Stage, projectDir: string): void {
  const { name, password } = keys.ops;
  narrator.fact(`à ouvrir : ${webUrl}/ops (nom : ${name} ; mot de passe : ${password})`);
  narrator.fact(`aussi : ${webUrl}/healthz et ${webUrl}/readyz`);
  narrator.fact(`webhooks : POST ${EVENT_PATH} et POST ${PASSPORT_PATH}`);
  narrator.fact(`journaux : ${relative(projectDir, runDir)}/`);
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

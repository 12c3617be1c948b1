import { join, relative } from 'node:path';
import type { Narrator } from '../narrator.js';
import type { Stage } from '../stage/stage.js';
import { FARID } from '../story/cast.js';
import { EVENT_PATH, PASSPORT_PATH } from './deliver.js';

/** Where to look while all is up. */
export function showAddresses(
  narrator: Narrator,
  { webUrl, runDir, keys }: Pick<Stage, 'webUrl' | 'runDir' | 'keys'>,
  projectDir: string,
): void {
  const { name, password } = keys.ops;
  narrator.fact(`à ouvrir : ${webUrl}/ops (nom : ${name} ; mot de passe : ${password})`);
  narrator.fact(`aussi : ${webUrl}/healthz et ${webUrl}/readyz`);
  narrator.fact(`webhooks : POST ${EVENT_PATH} et POST ${PASSPORT_PATH}`);
  narrator.fact(`journaux : ${relative(projectDir, runDir)}/`);
}

/** How to look at somebody, from the project's folder. */
export function showCommand(
  narrator: Narrator,
  { runDir }: Pick<Stage, 'runDir'>,
  { projectDir, programsDir }: { readonly projectDir: string; readonly programsDir: string },
): void {
  const envFile = relative(projectDir, join(runDir, 'palier.env'));
  const command = relative(projectDir, join(programsDir, 'ops/cli/main.js'));
  narrator.fact("regarder quelqu'un :");
  narrator.command(`node --env-file=${envFile} ${command} explain ${FARID.email}`);
}

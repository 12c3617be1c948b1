import { join } from 'node:path';
import { linkIn, readMail, type Received } from '../sandbox/mailbox.js';
import { command } from '../sandbox/processes.js';
import {
  awardName,
  committedIssues,
  countOf,
  MOST_NAMED,
  ofPerson,
  playScenes,
  workDone,
  type Issuing,
  type DemoContext,
} from './acts.js';
import type { Narrator } from './narrator.js';
import { AWARDED, emailOf, nameOf, NOT_AWARDED, SCENES, STRANGER, type ExpectedAwards } from './scenes.js';
import { DemoError, waitFor } from './stage.js';

/**
 * Plays the whole story on an open stage.
 * @throws DemoError when OBF received other issue calls than the story promised
 */
export async function tellStory(play: DemoContext): Promise<void> {
  const { insight, narrator } = play;
  await playScenes(play);
  await backToBastien(play);
  await showExplain(play);
  narrator.heading('Pour finir : qui a reçu quoi, et pourquoi');
  narrator.table(['Qui', 'a reçu', 'pour'], await awardedRows(play));
  narrator.gap();
  narrator.table(['Qui', "n'a pas reçu", 'parce que'], await missedRows(play));
  const wrong = differences(play, AWARDED, (await insight.work()).failed);
  if (wrong.length > 0) throw new DemoError(wrong.join('\n'));
  await askForLink(play);
}

const READ_MS = 4000;

/** Waits until no work is left: Palier has then looked up the badge of the lost reply. */
async function backToBastien(play: DemoContext): Promise<void> {
  const { sandbox, narrator } = play;
  narrator.heading(`${SCENES.length + 1}. Retour à Bastien`);
  await workDone(play, ({ deciding, issuing }) => deciding + issuing, 'la fin de tout travail');
  narrator.say("Trente secondes après l'appel resté sans réponse, Palier a relu le compte de la Région.");
  const calls = sandbox.issues().filter(({ recipients }) => recipients.includes(emailOf('Bastien')));
  narrator.fact(`${countOf(calls.length, "appel d'émission", "appels d'émission")} pour Bastien, en tout`);
  narrator.say("Son badge y était : rien n'est émis de nouveau.");
  await narrator.pause(READ_MS);
}

export const FARID = emailOf('Farid');
const EXPLAIN_SHOWN = ['Bénéficiaire', 'Communiquer', 'Ne comptent'];

async function showExplain({ narrator, runDir, environment, programsDir }: DemoContext): Promise<void> {
  narrator.heading("Pourquoi Farid n'a-t-il pas son badge ?");
  narrator.say(`C'est ce que dit « npx palier explain ${FARID} » :`);
  const args = [join(programsDir, 'ops/cli/main.js'), 'explain', FARID];
  const options = { cwd: runDir, env: environment, timeout: 20_000 };
  const output = await command(process.execPath, args, options);
  narrator.verbatim(excerpt(output.trimEnd().split('\n'), EXPLAIN_SHOWN));
  await narrator.pause(READ_MS);
}

/** Shows the person's side: they type their address, and a mail brings the link to their own page. */
async function askForLink({ narrator, webUrl, mailbox, stop }: DemoContext): Promise<void> {
  narrator.heading('Et Farid, que voit-il ?');
  narrator.say(`Il tape son adresse sur ${webUrl}/parcours, et reçoit cet e-mail :`);
  const body = new URLSearchParams({ adresse: FARID });
  // The origin that a browser sends with a form of that page.
  const headers = { Origin: webUrl };
  const { status } = await fetch(`${webUrl}/parcours/lien`, { method: 'POST', body, headers, signal: stop });
  if (status !== 200) throw new DemoError(`La demande d'un lien a été refusée (${status}).`);
  const mails = (): Received[] => mailbox.mails.filter(({ to }) => to.includes(FARID));
  await waitFor(() => mails().length > 0, `l'e-mail ${ofPerson('Farid')}`, stop);
  for (const mail of mails()) showMail(narrator, mail);
}

/** Prints a mail as its reader sees it. Its link is not wrapped, so that it can be clicked. */
export function showMail(narrator: Narrator, mail: Received): void {
  const { subject, text } = readMail(mail);
  narrator.gap();
  narrator.verbatim([`À : ${mail.to.join(', ')}`, `Objet : ${subject}`]);
  narrator.gap();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    if (line === linkIn(mail)) narrator.command(line);
    else narrator.verbatim([line]);
  }
  narrator.gap();
}

/**
 * Returns the parts that begin with one of `shown`, and the first lines of the others. A part is a line without
 * indentation and the indented lines below it.
 */
export function excerpt(lines: readonly string[], shown: readonly string[]): readonly string[] {
  let wanted = false;
  return lines.flatMap((line) => {
    if (line.startsWith(' ')) return wanted ? [line] : [];
    wanted = shown.some((start) => line.startsWith(start));
    return [wanted ? line : `${line} […]`];
  });
}

/** Returns who received what, badge by badge, and why; people with the same reasons share a row. */
async function awardedRows(play: DemoContext): Promise<readonly string[][]> {
  const rows: string[][] = [];
  for (const { badgeId, recipients } of committedIssues(play)) {
    const byReason = new Map<string, string[]>();
    for (const email of recipients) {
      const why = (await play.insight.progress(email, badgeId)).earnedBy.join(' · ');
      byReason.set(why, [...(byReason.get(why) ?? []), nameOf(email)]);
    }
    for (const [why, names] of byReason) rows.push([joinNames(names), awardName(play.scheme, badgeId), why]);
  }
  return rows;
}

function joinNames(names: readonly string[]): string {
  const sorted = names.toSorted((a, b) => a.localeCompare(b, 'fr'));
  return sorted.length > MOST_NAMED
    ? `${sorted[0] ?? ''} et ${countOf(sorted.length - 1, 'autre')}`
    : sorted.join(', ');
}

/** Returns who came close to an award but did not receive it, and why. */
async function missedRows({ sandbox, insight, scheme }: DemoContext): Promise<readonly string[][]> {
  // Palier knows nothing about a stranger's badges, which it never reads.
  const strange = sandbox.eventsOf(STRANGER.id).flatMap(({ assertions }) => assertions);
  const rows = pairsOf(NOT_AWARDED).map(async ([badgeId, name]) => {
    const { lacking, excluded } = await insight.progress(emailOf(name), badgeId);
    const ignored = strange
      .filter(({ email }) => email === emailOf(name))
      .map(() => `« ${STRANGER.badge.name} » : le ${STRANGER.name} ne participe pas`);
    const why = [`Il manque ${lacking}`, ...excluded, ...ignored].map((one) => `${one}.`);
    return [name, awardName(scheme, badgeId), why.join(' ')];
  });
  return Promise.all(rows);
}

const pairsOf = (outcome: ExpectedAwards): (readonly [badgeId: string, name: string])[] =>
  Object.entries(outcome).flatMap(([badgeId, names]) => names.map((name) => [badgeId, name] as const));

/**
 * Compares the issue calls that OBF received with the story's promise: each award once, and no other.
 * @param failed the reasons of failed jobs
 * @returns each difference, in French
 */
export function differences(
  play: Issuing,
  promised: ExpectedAwards,
  failed: readonly string[],
): readonly string[] {
  const times = new Map(pairsOf(promised).map((pair) => [pair.join(' '), 0]));
  const promisedKeys = new Set(times.keys());
  for (const { badgeId, recipients } of committedIssues(play))
    for (const email of recipients) {
      const key = `${badgeId} ${nameOf(email)}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
  const wrong = [...times].flatMap(([key, count]) => {
    const [badgeId = '', name = ''] = key.split(' ');
    const badge = `« ${awardName(play.scheme, badgeId)} »`;
    if (!promisedKeys.has(key)) return [`${name} a reçu ${badge} (${count} fois) sans y avoir droit.`];
    return count === 1 ? [] : [`${name} devait recevoir ${badge} une fois : émis ${count} fois.`];
  });
  return [...wrong, ...failed.map((why) => `Palier a renoncé à un travail : ${why}`)];
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { linkIn, readMail, type Received } from '../sandbox/mailbox.js';
import type { ReceivedIssue } from '../sandbox/types.js';
import { AWARDED, BASTIEN, FARID, nameOf, NOT_AWARDED, STRANGER, type Outcome } from './cast.js';
import type { Narrator } from './narrator.js';
import { badgeName, committedIssues, inOrder, MOST_NAMED, playScenes, workDone, type Play } from './play.js';
import { DemoError, waitFor } from './programs.js';
import { SCENES } from './scenes.js';
import { counted, ofPerson, type Table } from './text.js';

/**
 * Tells the whole story on an open stage.
 * @throws DemoError when Open Badge Factory received anything but what was promised
 */
export async function tellStory(play: Play): Promise<void> {
  const { insight, narrator } = play;
  await playScenes(play, SCENES);
  await backToBastien(play);
  await showExplain(play);
  narrator.heading('Pour finir : qui a reçu quoi, et pourquoi');
  narrator.table(await awardedTable(play));
  narrator.gap();
  narrator.table(await missedTable(play));
  const wrong = differences(play, AWARDED, (await insight.work()).failed);
  if (wrong.length > 0) throw new DemoError(wrong.join('\n'));
  await askForLink(play);
}

const READ_MS = 4000;

/** Waits until Palier has looked for the badge whose reply was lost, and nothing is left to do. */
async function backToBastien({ sandbox, insight, narrator, stop }: Play): Promise<void> {
  narrator.heading(`${SCENES.length + 1}. Retour à ${BASTIEN.name}`);
  await workDone(insight, ({ deciding, issuing }) => deciding + issuing, 'la fin de tout travail', stop);
  narrator.say("Trente secondes après l'appel resté sans réponse, Palier a relu le compte de la Région.");
  const calls = sandbox.issues().filter(({ recipients }) => recipients.includes(BASTIEN.email));
  narrator.fact(
    `${counted(calls.length, "appel d'émission", "appels d'émission")} pour ${BASTIEN.name}, en tout`,
  );
  narrator.say("Son badge y était : rien n'est émis de nouveau.");
  await narrator.pause(READ_MS);
}

/** The parts of the explanation that matter here; the others are much alike. */
const EXPLAIN_SHOWN = ['Bénéficiaire', 'Communiquer', 'Ne comptent'];
const EXPLAIN_LIMIT_MS = 20_000;

/** What the operator's own command says of somebody. */
async function showExplain({ narrator, runDir, environment, programsDir }: Play): Promise<void> {
  const { email, name } = FARID;
  narrator.heading(`Pourquoi ${name} n'a-t-il pas son badge ?`);
  narrator.say(`C'est ce que dit « npx palier explain ${email} » :`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(programsDir, 'ops/cli/main.js'), 'explain', email],
    { cwd: runDir, env: environment, timeout: EXPLAIN_LIMIT_MS },
  );
  narrator.verbatim(excerpt(stdout.trimEnd().split('\n'), EXPLAIN_SHOWN));
  await narrator.pause(READ_MS);
}

/** What the person sees of it: they type their address, and a mail brings the link to their own page. */
async function askForLink({ narrator, webUrl, mailbox, stop }: Play): Promise<void> {
  narrator.heading(`Et ${FARID.name}, que voit-il ?`);
  narrator.say(`Il tape son adresse sur ${webUrl}/parcours, et reçoit cet e-mail :`);
  const body = new URLSearchParams({ adresse: FARID.email });
  // As a browser says of a form on that page.
  const headers = { Origin: webUrl };
  const request = { method: 'POST', body, headers, signal: stop };
  const { status } = await fetch(`${webUrl}/parcours/lien`, request);
  if (status !== 200) throw new DemoError(`La demande d'un lien a été refusée (${status}).`);
  const mailOf = (): Received | undefined => mailbox.mails.find(({ to }) => to.includes(FARID.email));
  await waitFor(() => mailOf() !== undefined, `l'e-mail ${ofPerson(FARID.name)}`, stop);
  const mail = mailOf();
  if (mail !== undefined) showMail(narrator, mail);
}

/** A mail as its reader sees it; its link stays whole, to be clicked. */
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
 * The parts that begin with one of `shown`; the others by their headings alone. A part is a line that is not
 * indented and those below it that are.
 */
export function excerpt(lines: readonly string[], shown: readonly string[]): readonly string[] {
  let wanted = false;
  return lines.flatMap((line) => {
    if (line.startsWith(' ')) return wanted ? [line] : [];
    wanted = shown.some((start) => line.startsWith(start));
    return [wanted ? line : `${line} […]`];
  });
}

/** Who received what, badge by badge, and what earned it; those with the same reasons in one row. */
async function awardedTable({ sandbox, insight, scheme }: Play): Promise<Table> {
  const rows: string[][] = [];
  for (const { badgeId, recipients } of inOrder(scheme, committedIssues(sandbox))) {
    const byReason = new Map<string, string[]>();
    for (const email of recipients) {
      const why = (await insight.eligibility(email, badgeId)).earnedBy.join(' · ');
      byReason.set(why, [...(byReason.get(why) ?? []), nameOf(email)]);
    }
    for (const [why, names] of byReason) rows.push([together(names), badgeName(scheme, badgeId), why]);
  }
  return { headings: ['Qui', 'a reçu', 'pour'], rows };
}

function together(names: readonly string[]): string {
  const sorted = names.toSorted((a, b) => a.localeCompare(b, 'fr'));
  return sorted.length > MOST_NAMED
    ? `${sorted[0] ?? ''} et ${counted(sorted.length - 1, 'autre')}`
    : sorted.join(', ');
}

/** Who did not receive what they came close to, and why not. */
async function missedTable({ sandbox, insight, scheme }: Play): Promise<Table> {
  // Of a stranger's badges Palier knows nothing: it never asked.
  const strange = sandbox.eventsOf(STRANGER.id).flatMap(({ assertions }) => assertions);
  const rows = NOT_AWARDED.map(async ({ person: { email, name }, badgeId }) => {
    const { lacking, excluded } = await insight.eligibility(email, badgeId);
    const ignored = strange
      .filter((one) => one.email === email)
      .map(() => `« ${STRANGER.badge.name} » : le ${STRANGER.name} ne participe pas`);
    const why = [`Il manque ${lacking}`, ...excluded, ...ignored].map((one) => `${one}.`);
    return [name, badgeName(scheme, badgeId), why.join(' ')];
  });
  return { headings: ['Qui', "n'a pas reçu", 'parce que'], rows: await Promise.all(rows) };
}

/**
 * Holds what Open Badge Factory received against what the story promised: each award once, and no other.
 * @param failed what Palier gave up
 * @returns each difference, in French; none when all is well
 */
export function differences(
  { sandbox, scheme }: { readonly sandbox: { issues(): readonly ReceivedIssue[] } } & Pick<Play, 'scheme'>,
  promised: readonly Outcome[],
  failed: readonly string[],
): readonly string[] {
  const received = committedIssues(sandbox).flatMap(({ badgeId, recipients }) =>
    recipients.map((email) => `${badgeId} ${email}`),
  );
  const timesOf = (key: string): number => received.filter((one) => one === key).length;
  const wanted = promised.map(({ person, badgeId }) => `${badgeId} ${person.email}`);
  const wrong = promised.flatMap(({ person, badgeId }) => {
    const times = timesOf(`${badgeId} ${person.email}`);
    if (times === 1) return [];
    return [
      `${person.name} devait recevoir « ${badgeName(scheme, badgeId)} » une fois : émis ${times} fois.`,
    ];
  });
  const unwanted = [...new Set(received)].filter((key) => !wanted.includes(key));
  const tooMuch = unwanted.map((key) => {
    const [badgeId = '', email = ''] = key.split(' ');
    return `${nameOf(email)} a reçu « ${badgeName(scheme, badgeId)} » (${timesOf(key)} fois) sans y avoir droit.`;
  });
  return [...wrong, ...tooMuch, ...failed.map((why) => `Palier a renoncé à un travail : ${why}`)];
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { linkIn, readMail, type Received } from '../sandbox/mailbox.js';
import type { ReceivedIssue } from '../sandbox/types.js';
import { AWARDED, BASTIEN, FARID, nameOf, NOT_AWARDED, STRANGER, type Outcome } from './cast.js';
import type { Narrator } from './narrator.js';
import {
  committedIssues,
  MOST_NAMED,
  playScenes,
  regionBadges,
  workDone,
  type Insight,
  type Play,
  type RegionBadges,
} from './play.js';
import { DemoError, waitFor } from './programs.js';
import { SCENES } from './scenes.js';
import type { DemoScheme, Stage } from './stage.js';
import { counted, ofPerson, type Table } from './text.js';

interface StoryOptions {
  readonly stage: Stage;
  readonly insight: Insight;
  readonly narrator: Narrator;
  readonly scheme: DemoScheme;
  readonly programsDir: string;
  readonly stop: AbortSignal;
}

/**
 * Tells the whole story on an open stage.
 * @throws DemoError when Open Badge Factory received anything but what was promised
 */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { stage, insight, narrator, scheme } = options;
  const badges = regionBadges(scheme.regionBadges);
  const keyless = scheme.partners.filter(({ secretEnv }) => secretEnv === null);
  const play = { ...options, badges, keyless: new Set(keyless.map(({ clientId }) => clientId)) };
  await playScenes(play, SCENES);
  await backToBastien(play);
  await showExplain(options);
  narrator.heading('Pour finir : qui a reçu quoi, et pourquoi');
  narrator.table(await awardedTable(play));
  narrator.gap();
  narrator.table(await missedTable(play));
  const { failed } = await insight.work();
  const wrong = differences(stage.sandbox, AWARDED, badges, failed);
  if (wrong.length > 0) throw new DemoError(wrong.join('\n'));
  await askForLink(options);
}

const READ_MS = 4000;

/** Waits until Palier has looked for the badge whose reply was lost, and nothing is left to do. */
async function backToBastien({ stage, insight, narrator, stop }: Play): Promise<void> {
  narrator.heading(`${SCENES.length + 1}. Retour à ${BASTIEN.name}`);
  await workDone(insight, ({ deciding, issuing }) => deciding + issuing, 'la fin de tout travail', stop);
  narrator.say("Trente secondes après l'appel resté sans réponse, Palier a relu le compte de la Région.");
  const calls = stage.sandbox.issues().filter(({ recipients }) => recipients.includes(BASTIEN.email));
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
async function showExplain({ narrator, stage, programsDir }: StoryOptions): Promise<void> {
  const { email, name } = FARID;
  narrator.heading(`Pourquoi ${name} n'a-t-il pas son badge ?`);
  narrator.say(`C'est ce que dit « npx palier explain ${email} » :`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(programsDir, 'ops/cli/main.js'), 'explain', email],
    { cwd: stage.runDir, env: stage.environment, timeout: EXPLAIN_LIMIT_MS },
  );
  narrator.verbatim(excerpt(stdout.trimEnd().split('\n'), EXPLAIN_SHOWN));
  await narrator.pause(READ_MS);
}

/** What the person sees of it: they type their address, and a mail brings the link to their own page. */
async function askForLink({ narrator, stage, stop }: StoryOptions): Promise<void> {
  const { webUrl, mailbox } = stage;
  narrator.heading(`Et ${FARID.name}, que voit-il ?`);
  narrator.say(`Il tape son adresse sur ${webUrl}/parcours, et reçoit cet e-mail :`);
  const body = new URLSearchParams({ adresse: FARID.email });
  const { status } = await fetch(`${webUrl}/parcours/lien`, { method: 'POST', body, signal: stop });
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
async function awardedTable({ stage, insight, badges }: Play): Promise<Table> {
  const rows: string[][] = [];
  for (const { badgeId, recipients } of committedIssues(stage.sandbox).toSorted(badges.inOrder)) {
    const byReason = new Map<string, string[]>();
    for (const email of recipients) {
      const why = (await insight.eligibility(email, badgeId)).earnedBy.join(' · ');
      byReason.set(why, [...(byReason.get(why) ?? []), nameOf(email)]);
    }
    for (const [why, names] of byReason) rows.push([together(names), badges.name(badgeId), why]);
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
async function missedTable({ stage, insight, badges }: Play): Promise<Table> {
  // Of a stranger's badges Palier knows nothing: it never asked.
  const strange = stage.sandbox.eventsOf(STRANGER.id).flatMap(({ assertions }) => assertions);
  const rows = NOT_AWARDED.map(async ({ person: { email, name }, badgeId }) => {
    const { lacking, excluded } = await insight.eligibility(email, badgeId);
    const ignored = strange
      .filter((one) => one.email === email)
      .map(() => `« ${STRANGER.badge.name} » : le ${STRANGER.name} ne participe pas`);
    const why = [`Il manque ${lacking}`, ...excluded, ...ignored].map((one) => `${one}.`);
    return [name, badges.name(badgeId), why.join(' ')];
  });
  return { headings: ['Qui', "n'a pas reçu", 'parce que'], rows: await Promise.all(rows) };
}

const keyOf = (email: string, badgeId: string): string => `${badgeId} ${email}`;

/**
 * Holds what Open Badge Factory received against what the story promised: each award once, and no other.
 * @param failed what Palier gave up
 * @returns each difference, in French; none when all is well
 */
export function differences(
  sandbox: { issues(): readonly ReceivedIssue[] },
  promised: readonly Outcome[],
  badges: RegionBadges,
  failed: readonly string[],
): readonly string[] {
  const received = committedIssues(sandbox).flatMap(({ badgeId, recipients }) =>
    recipients.map((email) => ({ key: keyOf(email, badgeId), email, badgeId })),
  );
  const counts = new Map<string, number>();
  for (const { key } of received) counts.set(key, (counts.get(key) ?? 0) + 1);
  const wrong = promised.flatMap(({ person, badgeId }) => {
    const count = counts.get(keyOf(person.email, badgeId)) ?? 0;
    if (count === 1) return [];
    return [`${person.name} devait recevoir « ${badges.name(badgeId)} » une fois : émis ${count} fois.`];
  });
  const wanted = new Set(promised.map(({ person, badgeId }) => keyOf(person.email, badgeId)));
  const unwanted = received
    .filter(({ key }, at) => !wanted.has(key) && received.findIndex((one) => one.key === key) === at)
    .map(({ key, email, badgeId }) => {
      const often = counted(counts.get(key) ?? 0, 'fois', 'fois');
      return `${nameOf(email)} a reçu « ${badges.name(badgeId)} » (${often}) sans y avoir droit.`;
    });
  return [...wrong, ...unwanted, ...failed.map((why) => `Palier a renoncé à un travail : ${why}`)];
}

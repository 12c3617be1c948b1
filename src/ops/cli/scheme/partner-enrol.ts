import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../../config.js';
import { asBadgeId, asClientId, type BadgeId } from '../../../ids.js';
import { fieldOf, withoutAddresses } from '../../../platform/logger.js';
import { enrol, type Enrolling } from '../../../rules/enrol.js';
import { parseScheme } from '../../../rules/parse/parse-scheme.js';
import { didYouMean, nearest, type SchemeFault } from '../../../rules/parse/messages.js';
import type { Enrolment, Scheme } from '../../../rules/types.js';
import { enrolmentWords, periodOf } from '../../shared/words.js';
import { labelled, type Localized, say } from '../../../localized.js';
import { plan } from './plan.js';
import { oneLine, PARTNER_ARGUMENT, readObfBadges, unknownPartner } from './partner-badges.js';
import { faultWords, isSet, requireScheme, requireSettings } from '../settings.js';
import { type CommandCall, type Command, CommandProblem, wrongUsage, problem } from '../command.js';

export const partnerEnrol: Command = {
  help: `
    inscrit un badge d'un partenaire dans partners.yaml
      enrols a partner's badge in partners.yaml
    Ajoute les lignes du badge, entre accolades ou clé par clé comme ses voisines ; les commentaires et tout ce qui est inscrit restent, seuls les espaces du fichier peuvent changer. Si quelque chose cloche, rien n'est écrit. « npx palier partner badges » montre les badges d'un partenaire.
      Adds the lines of the badge, in braces or key by key like its neighbours; comments and all that is enrolled stay, only the spacing of the file may change. If anything is wrong, nothing is written. "npx palier partner badges" shows the badges of a partner.
    Un organisme qui n'est pas encore dans le fichier y entre avec --partner-name et, si vous avez sa clé d'API, --secret-env.
      A partner who is not in the file yet comes in with --partner-name and, if you have its API key, --secret-env.`,
  args: {
    ...PARTNER_ARGUMENT,
    badge: { fr: "l'identifiant du badge dans OBF", en: 'the id of the badge in OBF' },
  },
  options: {
    '--competency <id>': say`la compétence, comme dans scheme.yaml (obligatoire)
      the competency, as in scheme.yaml (required)`,
    '--level <n>': { fr: 'le niveau, 1 ou 2 (obligatoire)', en: 'the level, 1 or 2 (required)' },
    '--ability <id>': { fr: 'la capacité de cette compétence', en: 'the ability of that competency' },
    '--name <nom|name>': say`le nom du badge ; sinon, celui d'OBF
      the badge's name; otherwise, that of OBF`,
    '--from <AAAA-MM-JJ|YYYY-MM-DD>': say`premier jour où le badge, délivré ce jour-là, compte
      first day on which the badge, issued that day, counts`,
    '--until <AAAA-MM-JJ|YYYY-MM-DD>': { fr: 'dernier jour', en: 'last day' },
    '--replaces <id,id>': say`versions précédentes du même badge : ensemble, elles comptent une fois
      earlier versions of the same badge: together they count once`,
    '--partner-name <nom|name>': say`le nom d'un organisme qui n'est pas encore inscrit
      the name of a partner who is not there yet`,
    '--secret-env <VARIABLE>': say`de cet organisme, la variable qui porte sa clé d'API
      that partner's variable with its API key`,
  },
  progress: { fr: 'Inscription', en: 'Enrolling' },
  run: async (call) => {
    const request = readRequest(call);
    const { clientId, badge } = request;
    const ids = { client_id: clientId, badge: badge.badgeId };
    const config = requireSettings(call, ['TZ_SCHEME']);
    const scheme = await requireScheme(call, config);
    const existing = scheme.enrolments.get(badge.badgeId);
    if (existing !== undefined)
      return { lines: [existingWords(scheme, existing, request)], json: { ...ids, changed: false } };
    const { name, notes } = await findName(call, request, secretEnvOf(scheme, request));
    const enrolling = { ...request, badge: { ...badge, name } };
    const { file, line, lines, warnings } = await writeEnrolment(call, config, enrolling, scheme);
    const isInactive = scheme.partnersById.get(clientId)?.active === false;
    const remarks = [
      ...(name === null ? [NO_NAME] : []),
      ...notes,
      ...warnings,
      ...(isInactive ? [takesNoPart(clientId)] : []),
    ];
    // The lines are written: a failing plan must not hide that.
    const planned = await plan.run(call).catch(() => null);
    return {
      lines: [
        { fr: `Inscrit dans ${file}, ligne ${line} :`, en: `Enrolled in ${file}, line ${line}:` },
        ...lines.map((text) => `  + ${text}`),
        ...remarks,
        ...(planned === null ? [NEXT] : ['', ...planned.lines]),
      ],
      json: {
        ...ids,
        name,
        changed: true,
        file,
        line,
        lines,
        remarks: remarks.map((one) => one[call.lang]),
        plan: planned?.json ?? null,
      },
    };
  },
};

const NO_NAME = say`Inscrit sans nom : les personnes liront l'identifiant. Ajoutez « name » à la ligne.
  Enrolled without a name: people will read the id. Add "name" to the line.`;
const takesNoPart = (id: string) => say`${id} ne participe plus (active: false) : le badge ne compte pas.
  ${id} takes no part (active: false): the badge does not count.`;
const NEXT = say`Rien ne change pour personne avant « npx palier apply » ; « npx palier plan » dit qui cela concerne.
  Nothing changes for anybody before "npx palier apply"; "npx palier plan" tells whom it concerns.`;

/** Reads the options. Their values are checked later, when the scheme with the new line is parsed. */
function readRequest({ args: [clientId = '', badgeId = ''], text: typed }: CommandCall): Enrolling {
  const text = (option: string): string | null => oneLine(typed(option) ?? '');
  const replaces = text('replaces')?.split(',') ?? [];
  return {
    clientId: asClientId(clientId),
    badge: {
      badgeId: asBadgeId(badgeId),
      name: text('name'),
      competency: text('competency') ?? missing('--competency'),
      level: text('level') ?? missing('--level'),
      ability: text('ability'),
      from: text('from'),
      until: text('until'),
      replaces: replaces.map((id) => asBadgeId(id.trim())),
    },
    partner: { name: text('partnerName'), secretEnv: text('secretEnv') },
  };
}

function missing(flag: string): never {
  throw wrongUsage(say`Il manque : ${flag}. Aide : npx palier partner enrol --help
    Missing: ${flag}. Help: npx palier --lang en partner enrol --help`);
}

/** Returns the partner's key variable. @throws CommandProblem unless the options fit a known or a new partner */
function secretEnvOf(scheme: Scheme, { clientId, partner }: Enrolling): string | null {
  const known = scheme.partnersById.get(clientId);
  if (known === undefined && partner.name !== null) return partner.secretEnv;
  if (known === undefined) throw unknownPartner(scheme, clientId, NEW_PARTNER);
  if (partner.name === null && partner.secretEnv === null) return known.secretEnv;
  throw wrongUsage(say`${clientId} est déjà dans partners.yaml : --partner-name et --secret-env ne servent qu'à un nouveau.
    ${clientId} is in partners.yaml already: --partner-name and --secret-env are for a new one only.`);
}

const NEW_PARTNER = say`. S'il est nouveau, donnez --partner-name
  . If it is new, give --partner-name`;

/** Says that a badge is enrolled already. @throws CommandProblem when it is enrolled otherwise than requested */
function existingWords(scheme: Scheme, existing: Enrolment, { clientId, badge }: Enrolling): Localized {
  const { badgeId } = existing;
  const as = enrolmentWords(scheme, existing);
  const { from, until } = periodOf(existing, scheme.timeZone);
  // Compares the typed options only; the name does not matter.
  const isSame =
    existing.clientId === clientId &&
    existing.competency === badge.competency &&
    String(existing.level) === badge.level &&
    [null, existing.ability].includes(badge.ability) &&
    [null, from].includes(badge.from) &&
    [null, until].includes(badge.until) &&
    badge.replaces.every((id) => existing.replaces.includes(id));
  if (isSame)
    return say`${badgeId} est déjà inscrit pour ${clientId} (${as}) : rien n'est écrit.
      ${badgeId} is enrolled for ${clientId} already (${as}): nothing is written.`;
  throw problem`enrolled_otherwise
    ${badgeId} est déjà inscrit, autrement : pour ${existing.clientId} (${as}). Rien n'est écrit ; pour le changer, modifiez sa ligne dans partners.yaml.
    ${badgeId} is enrolled already, in another way: for ${existing.clientId} (${as}). Nothing is written; to change it, edit its line in partners.yaml.`;
}

/**
 * Returns the badge's name, typed or from OBF, and remarks about it. With an API key it always reads OBF: a badge
 * that is not in the account would never count.
 * @throws CommandProblem when no name was typed, and OBF lacks the badge or cannot be read
 */
async function findName(call: CommandCall, { clientId, badge }: Enrolling, secretEnv: string | null) {
  const { badgeId, name } = badge;
  if (secretEnv === null) return { name, notes: [] };
  if (!isSet(call.env, secretEnv)) return { name, notes: [notSet(secretEnv)] };
  try {
    const badges = await readObfBadges(call, clientId, secretEnv);
    const badgeInObf = badges.find(({ id }) => id === badgeId);
    if (badgeInObf !== undefined) return { name: name ?? badgeInObf.name, notes: [] };
    const ids = badges.map(({ id }) => id);
    const meant = didYouMean(nearest(badgeId, ids));
    const shown = withoutAddresses(badgeId);
    throw problem`unknown_badge
      Le badge ${shown} n'est pas dans le compte OBF de ${clientId}, ou y est encore un brouillon${meant}
      The badge ${shown} is not in the OBF account of ${clientId}, or is a draft there${meant}`;
  } catch (error) {
    if (!(error instanceof CommandProblem)) throw error;
    const { code, words } = error;
    if (name === null) throw new CommandProblem(code, [...words, GIVE_A_NAME], { cause: error });
    return { name, notes: words.map((one) => labelled({ fr: 'Attention', en: 'Careful' }, one)) };
  }
}

const notSet = (variable: string): Localized =>
  say`${variable} : la variable n'est pas encore définie ici ; elle doit l'être avant de relancer Palier.
    ${variable}: is not set here yet; it has to be before Palier is started again.`;

const GIVE_A_NAME = say`Pour l'inscrire quand même, donnez --name.
  To enrol it all the same, give --name.`;

/**
 * Writes a badge's lines into partners.yaml, after it has parsed the scheme with them.
 * @param before the scheme of the current files
 * @returns the lines, the file's configured path, and the scheme's warnings about these lines
 * @throws CommandProblem after which nothing is written
 */
async function writeEnrolment(call: CommandCall, config: Config, enrolling: Enrolling, before: Scheme) {
  const file = join(config.configDir, 'partners.yaml');
  const path = resolve(call.cwd, file);
  const text = await readFile(path, 'utf8');
  const added = enrol(text, enrolling);
  if (added === null) throw onlyByHand(file);
  const files = {
    scheme: { name: join(config.configDir, 'scheme.yaml'), text: before.source.scheme },
    partners: { name: file, text: added.text },
  };
  const result = parseScheme(files, config.timeZone);
  if (!result.ok)
    throw new CommandProblem('scheme_faults', [NOTHING_WRITTEN, ...result.faults.map(faultWords)]);
  if (!isOneMore(before, result.scheme, enrolling.badge.badgeId)) throw onlyByHand(file);
  await replaceFile(path, file, text, added.text);
  const { line, lines } = added;
  const isNew = (warning: SchemeFault): boolean =>
    warning.file === file && warning.line >= line && warning.line < line + lines.length;
  return { file, line, lines, warnings: result.warnings.filter(isNew).map(faultWords) };
}

/** Whether the edit added this badge, and kept every other enrolment. */
const isOneMore = ({ enrolments }: Scheme, { enrolments: now }: Scheme, badgeId: BadgeId): boolean =>
  now.has(badgeId) && now.size === enrolments.size + 1 && [...enrolments.keys()].every((id) => now.has(id));

const NOTHING_WRITTEN = say`Rien n'est écrit : avec ces lignes, les fichiers auraient des fautes.
  Nothing is written: with these lines, the files would have faults.`;

const onlyByHand = (file: string): CommandProblem =>
  problem`by_hand
    Rien n'est écrit : ${file} est écrit d'une manière que Palier ne sait pas compléter (un alias, peut-être). Ajoutez la ligne à la main ; « npx palier check » la relit.
    Nothing is written: ${file} is written in a way that Palier cannot add to (an alias, perhaps). Add the line by hand; "npx palier check" reads it again.`;

/**
 * Replaces a file's text atomically; mode and owner stay. Refuses a symbolic link: it would be lost, or another
 * file written.
 * @param file the configured path, for messages
 * @param before the text that the caller read; another text now is refused
 * @throws CommandProblem after which nothing has changed
 */
export async function replaceFile(path: string, file: string, before: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.palier-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const stats = await lstat(path);
    if (!stats.isFile())
      throw problem`not_written
        Rien n'est écrit : ${file} est un lien. Donnez dans PALIER_CONFIG le dossier où le fichier se trouve vraiment.
        Nothing is written: ${file} is a link. Set PALIER_CONFIG to the folder where the file really is.`;
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    await chown(temporary, stats.uid, stats.gid);
    await chmod(temporary, stats.mode & 0o7777);
    if ((await readFile(path, 'utf8')) !== before)
      throw problem`not_written
        Rien n'est écrit : ${file} vient d'être modifié par ailleurs. Retapez la commande.
        Nothing is written: ${file} was just changed by somebody else. Type the command again.`;
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const code = fieldOf(error, 'code');
    if (error instanceof CommandProblem || typeof code !== 'string') throw error;
    throw problem`not_written
      Rien n'est écrit : ${file} ne peut pas l'être (${code}). Vérifiez les droits du fichier et de son dossier.
      Nothing is written: ${file} cannot be (${code}). Check the permissions of the file and its folder.`;
  }
}

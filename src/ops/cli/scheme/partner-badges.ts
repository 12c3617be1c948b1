import { stripFormatMarks } from '../../../platform/invisible.js';
import { NEEDED_BY_OBF, obfWords, withObf, withRedis } from '../session.js';
import type { ClientId } from '../../../ids.js';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import { enrolmentWords, indented, periodOf } from '../../shared/words.js';
import { labelled, type Localized, plural, say } from '../../../localized.js';
import { isSet, requireScheme, requireSettings } from '../settings.js';
import {
  type CommandAnswer,
  type Command,
  type CommandContext,
  CommandProblem,
  unknownName,
} from '../command.js';

export const PARTNER_ARGUMENT = {
  client_id: say`l'organisme, par son client_id (identifiant de son compte OBF)
    the partner, by its client_id (the id of its OBF account)`,
};

export const partnerBadges: Command = {
  help: `
    montre les badges OBF d'un partenaire, inscrits ou non
      shows a partner's OBF badges, enrolled or not
    Lit dans OBF, avec la clé d'API du partenaire ; les brouillons n'y sont pas. « npx palier partner enrol » en inscrit un.
      Reads OBF with the partner's API key; drafts are left out. "npx palier partner enrol" enrols one.`,
  args: PARTNER_ARGUMENT,
  progress: { fr: "Lecture d'OBF", en: 'Reading OBF' },
  run: async (call) => {
    const [typed = ''] = call.args;
    const scheme = await requireScheme(call, requireSettings(call, ['TZ_SCHEME']));
    const partner = scheme.partners.find(({ clientId }) => clientId === typed);
    if (partner === undefined) throw unknownPartner(scheme, typed);
    const { clientId, secretEnv } = partner;
    if (secretEnv === null || !isSet(call.env, secretEnv)) throw noKey(partner);
    return answerOf(scheme, partner, await readObfBadges(call, clientId, secretEnv));
  },
};

export const unknownPartner = ({ partners }: Scheme, typed: string, more?: Localized): CommandProblem =>
  unknownName(
    { fr: 'Partenaire inconnu', en: 'Unknown partner' },
    typed,
    partners.map(({ clientId }) => clientId),
    more,
  );

function noKey({ clientId, name, secretEnv }: Partner): CommandProblem {
  const variable = `OBF_SECRET_${clientId.toUpperCase().replace(/\W/g, '_')}`;
  const missing =
    secretEnv === null
      ? say`« ${name} » n'a pas de clé d'API : donnez-lui dans partners.yaml un secret_env (le nom d'une variable, comme ${variable}), et mettez la clé dans cette variable.
        "${name}" has no API key: give it a secret_env in partners.yaml (the name of a variable, like ${variable}), and put the key into that variable.`
      : say`${secretEnv} : la variable manque ; partners.yaml la nomme pour la clé d'API de « ${name} ».
        ${secretEnv}: is not set; partners.yaml names it for the API key of "${name}".`;
  return new CommandProblem('no_key', [missing, WITHOUT_KEY]);
}

const WITHOUT_KEY = say`Sans clé, demandez à l'organisme l'identifiant de chaque badge : « npx palier partner enrol » l'inscrit aussi.
  Without a key, ask the partner for the id of each badge: "npx palier partner enrol" enrols it as well.`;

/** Compares a partner's badges in OBF with partners.yaml: enrolled, not enrolled, and unknown in OBF. */
function answerOf(scheme: Scheme, partner: Partner, badges: readonly ObfBadge[]): CommandAnswer {
  const { name, clientId, active } = partner;
  const enrolledIds = new Set(partner.badges.map(({ badgeId }) => badgeId));
  const inObf = new Map(badges.map((badge) => [badge.id, badge]));
  const badgeOf = ({ badgeId: id, name: given }: Enrolment): ObfBadge => inObf.get(id) ?? { id, name: given };
  const lineOf = (one: Enrolment) => labelled(badgeWords(badgeOf(one)), enrolmentWords(scheme, one));
  const jsonOf = (one: Enrolment) => {
    const { competency, level, ability, replaces } = one;
    const { from, until } = periodOf(one, scheme.timeZone);
    const period = { enrolled_from: from, enrolled_until: until };
    return { ...badgeOf(one), competency, level, ability, ...period, replaces };
  };
  const enrolled = partner.badges.filter(({ badgeId }) => inObf.has(badgeId));
  const missing = partner.badges.filter(({ badgeId }) => !inObf.has(badgeId));
  // `enrolledFor`: partners.yaml enrols the badge for another partner, which must be a mistake.
  const notEnrolled = badges
    .filter(({ id }) => !enrolledIds.has(id))
    .map((badge) => ({ badge, enrolledFor: scheme.enrolments.get(badge.id)?.clientId ?? null }));
  const count = plural(badges.length, 'badge dans OBF|badges dans OBF', 'badge in OBF|badges in OBF');
  return {
    lines: [
      labelled(`${name} (${clientId})`, count),
      !active && INACTIVE,
      ...sectionLines({ fr: 'Inscrits', en: 'Enrolled' }, enrolled.map(lineOf)),
      ...sectionLines(
        { fr: 'Non inscrits', en: 'Not enrolled' },
        notEnrolled.map(({ badge, enrolledFor }) =>
          enrolledFor === null ? badgeWords(badge) : labelled(badgeWords(badge), wrongPartner(enrolledFor)),
        ),
      ),
      ...sectionLines(MISSING, missing.map(lineOf)),
    ],
    json: {
      client_id: clientId,
      name,
      active,
      enrolled: enrolled.map(jsonOf),
      not_enrolled: notEnrolled.map(({ badge, enrolledFor }) => ({ ...badge, enrolled_by: enrolledFor })),
      unknown_in_obf: missing.map(jsonOf),
    },
  };
}

const wrongPartner = (clientId: ClientId) => say`attention, partners.yaml l'inscrit pour ${clientId}
  careful, partners.yaml enrols it for ${clientId}`;

const INACTIVE = say`Ne participe plus (active: false) : aucun de ses badges ne compte.
  Takes no part (active: false): none of its badges counts.`;
const MISSING = say`Inscrits, mais inconnus dans ce compte OBF (identifiant mal copié, badge supprimé, ou brouillon)
  Enrolled, but unknown in this OBF account (id mistyped, badge deleted, or a draft)`;

const sectionLines = (title: Localized, lines: readonly Localized[]): CommandAnswer['lines'] =>
  lines.length === 0 ? [] : ['', title, ...lines.map(indented)];

const badgeWords = ({ id, name }: ObfBadge): Localized =>
  name === null ? { fr: id, en: id } : { fr: `${id} « ${name} »`, en: `${id} "${name}"` };

type ObfBadge = Awaited<ReturnType<typeof readObfBadges>>[number];

/** Reads the account's badges, without drafts. @param variable the environment variable with the API key */
export async function readObfBadges(context: CommandContext, clientId: ClientId, variable: string) {
  const config = requireSettings(context, NEEDED_BY_OBF);
  const secrets = new Map([[clientId, context.env[variable]?.trim() ?? '']]);
  return withRedis(context, config.redis, (redis) =>
    withObf(context, config, redis, secrets, async (obf) => {
      try {
        const signal = AbortSignal.timeout(context.patienceMs.obf);
        const badges = (await obf.account(clientId)?.badges(signal)) ?? [];
        return badges.map(({ id, name }) => ({ id, name: oneLine(name ?? '') }));
      } catch (error) {
        throw new CommandProblem('obf', obfWords(error, variable), { cause: error });
      }
    }),
  );
}

/** Puts a foreign name on one line, without marks that change its direction; null: nothing is left. */
export const oneLine = (text: string): string | null =>
  stripFormatMarks(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim() || null;

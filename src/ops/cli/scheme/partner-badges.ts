import { ObfError } from '../../../obf/errors.js';
import { withoutMarks } from '../../../platform/invisible.js';
import { obfWords, withObf } from '../obf.js';
import { withRedis } from '../session.js';
import type { BadgeId, ClientId } from '../../../ids.js';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import { enrolmentWords, periodOf } from '../../shared/enrolment-words.js';
import { indented, labelled, type Localized, plural, say } from '../../shared/words.js';
import { PARTNER_ARGUMENT, partnerOf } from '../arguments.js';
import { requireScheme, requireSettings } from '../settings.js';
import { type Answer, type Command, type Context, Problem } from '../command.js';

export const partnerBadges: Command = {
  name: 'partner badges',
  help: [
    say`montre les badges OBF d'un partenaire, inscrits ou non
      shows a partner's OBF badges, enrolled or not`,
    say`Lit dans OBF, avec la clé d'API du partenaire ; les brouillons n'y sont pas. « npx palier partner enrol » en inscrit un.
      Reads OBF with the partner's API key; drafts are left out. "npx palier partner enrol" enrols one.`,
  ],
  args: PARTNER_ARGUMENT,
  progress: { fr: "Lecture d'OBF", en: 'Reading OBF' },
  run: async (call) => {
    const config = requireSettings(call, ['TZ_SCHEME']);
    const scheme = await requireScheme(call, config);
    const partner = partnerOf(scheme, call.args[0] ?? '');
    const badges = await readObfBadges(call, keyOf(call, partner));
    return answerOf(scheme, partner, badges);
  },
};

/** @throws Problem when there is no key, and what to do */
function keyOf(context: Context, { clientId, name, secretEnv }: Partner): ApiKey {
  const key = secretEnv === null ? null : apiKey(context, clientId, secretEnv);
  if (key !== null) return key;
  const missing =
    secretEnv === null
      ? say`« ${name} » n'a pas de clé d'API : donnez-lui dans partners.yaml un secret_env (le nom d'une variable, comme OBF_SECRET_${variablePart(clientId)}), et mettez la clé dans cette variable.
        "${name}" has no API key: give it a secret_env in partners.yaml (the name of a variable, like OBF_SECRET_${variablePart(clientId)}), and put the key into that variable.`
      : say`${secretEnv} : la variable manque ; partners.yaml la nomme pour la clé d'API de « ${name} ».
        ${secretEnv}: is not set; partners.yaml names it for the API key of "${name}".`;
  throw new Problem('no_key', [missing, WITHOUT_KEY]);
}

const variablePart = (clientId: string): string => clientId.toUpperCase().replace(/\W/g, '_');

const WITHOUT_KEY = say`Sans clé, demandez à l'organisme l'identifiant de chaque badge : « npx palier partner enrol » l'inscrit aussi.
  Without a key, ask the partner for the id of each badge: "npx palier partner enrol" enrols it as well.`;

/** A partner's badges in OBF beside what partners.yaml has of them: enrolled, not enrolled, and unknown in OBF. */
function answerOf(scheme: Scheme, partner: Partner, badges: readonly ObfBadge[]): Answer {
  const own = new Map(partner.badges.map((enrolment) => [enrolment.badgeId, enrolment]));
  const inObf = new Map(badges.map((badge) => [badge.id, badge]));
  const enrolled = partner.badges.flatMap((enrolment) => {
    const badge = inObf.get(enrolment.badgeId);
    return badge === undefined ? [] : [{ badge, enrolment }];
  });
  // A badge that another partner has in partners.yaml cannot be right.
  const free = badges
    .filter(({ id }) => !own.has(id))
    .map((badge) => ({ badge, by: scheme.enrolments.get(badge.id)?.clientId ?? null }));
  const missing = partner.badges
    .filter(({ badgeId }) => !inObf.has(badgeId))
    .map((enrolment) => ({ badge: { id: enrolment.badgeId, name: enrolment.name }, enrolment }));
  const lineOf = ({ badge, enrolment }: (typeof missing)[number]) =>
    labelled(badgeWords(badge), enrolmentWords(scheme, enrolment));
  const jsonOf = ({ badge, enrolment }: (typeof missing)[number]) => ({
    ...badge,
    ...enrolmentJson(enrolment, scheme.timeZone),
  });
  const { name, clientId, active } = partner;
  const count = plural(badges.length, 'badge dans OBF|badges dans OBF', 'badge in OBF|badges in OBF');
  return {
    lines: [
      labelled(`${name} (${clientId})`, count),
      ...(active ? [] : [INACTIVE]),
      ...part(ENROLLED, enrolled.map(lineOf)),
      ...part(
        FREE,
        free.map(({ badge, by }) =>
          by === null ? badgeWords(badge) : labelled(badgeWords(badge), enrolledBy(by)),
        ),
      ),
      ...part(MISSING, missing.map(lineOf)),
    ],
    json: {
      client_id: clientId,
      name,
      active,
      enrolled: enrolled.map(jsonOf),
      not_enrolled: free.map(({ badge, by }) => ({ ...badge, enrolled_by: by })),
      unknown_in_obf: missing.map(jsonOf),
    },
  };
}

const enrolledBy = (clientId: ClientId) => say`attention, partners.yaml l'inscrit pour ${clientId}
  careful, partners.yaml enrols it for ${clientId}`;

function enrolmentJson(enrolment: Enrolment, timeZone: string) {
  const { from, until } = periodOf(enrolment, timeZone);
  const { competency, level, ability, replaces } = enrolment;
  return { competency, level, ability, enrolled_from: from, enrolled_until: until, replaces };
}

const INACTIVE = say`Ne participe plus (active: false) : aucun de ses badges ne compte.
  Takes no part (active: false): none of its badges counts.`;
const ENROLLED: Localized = { fr: 'Inscrits', en: 'Enrolled' };
const FREE: Localized = { fr: 'Non inscrits', en: 'Not enrolled' };
const MISSING = say`Inscrits, mais inconnus dans ce compte OBF (identifiant mal copié, badge supprimé, ou brouillon)
  Enrolled, but unknown in this OBF account (id mistyped, badge deleted, or a draft)`;

/** A heading and its lines; nothing where there are none. */
const part = (title: Localized, lines: readonly Localized[]): readonly Localized[] =>
  lines.length === 0 ? [] : [{ fr: '', en: '' }, title, ...lines.map(indented)];

const badgeWords = ({ id, name }: ObfBadge): Localized =>
  name === null ? { fr: id, en: id } : { fr: `${id} « ${name} »`, en: `${id} "${name}"` };

/** What every call of OBF needs, for any account; the token is shared through Redis, sealed. */
const NEEDED = ['REDIS_URL', 'OBF_BASE_URL', 'OBF_MAX_RPS', 'PALIER_KEY', 'PALIER_KEY_OLD'];

/** A badge of an organisation's OBF account; drafts are none. */
export interface ObfBadge {
  readonly id: BadgeId;
  readonly name: string | null;
}

/** An organisation's API key, and its variable. */
export interface ApiKey {
  readonly clientId: ClientId;
  readonly variable: string;
  readonly secret: string;
}

/** The key of a variable; null: it is not set. */
export function apiKey({ env }: Pick<Context, 'env'>, clientId: ClientId, variable: string): ApiKey | null {
  const secret = env[variable]?.trim() ?? '';
  return secret === '' ? null : { clientId, variable, secret };
}

/**
 * Every badge of the account. Reads only.
 * @throws Problem when the environment, Redis or OBF cannot be used
 */
export async function readObfBadges(context: Context, key: ApiKey): Promise<readonly ObfBadge[]> {
  const config = requireSettings(context, NEEDED);
  const secrets = new Map([[key.clientId, key.secret]]);
  return withRedis(context, config.redis, (redis) =>
    withObf(context, config, redis, secrets, async (obf) => {
      try {
        const signal = AbortSignal.timeout(context.patienceMs.obf);
        const badges = (await obf.account(key.clientId)?.badges(signal)) ?? [];
        return badges.map(({ id, name }) => ({ id, name: oneLine(name ?? '') || null }));
      } catch (error) {
        if (!(error instanceof ObfError)) throw error;
        throw new Problem('obf', obfWords(error, key.variable), { cause: error });
      }
    }),
  );
}

/** On one line, and without marks that turn its direction; a name may come from anywhere. */
export const oneLine = (text: string): string =>
  withoutMarks(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();

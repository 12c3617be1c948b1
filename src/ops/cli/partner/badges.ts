import type { Partner } from '../../../rules/types.js';
import { answer } from '../answer.js';
import type { Command, Context } from '../context.js';
import { EXIT } from '../exit.js';
import { Problem } from '../problem.js';
import { withProgress } from '../progress.js';
import { requireScheme } from '../read-scheme.js';
import { requireSettings } from '../settings.js';
import type { Localized } from '../../shared/words.js';
import { badgeLines, badgesJson } from './badges-words.js';
import { compare } from './enrolled.js';
import { apiKey, readObfBadges, type ApiKey } from './obf-badges.js';
import { PARTNER_ARGUMENT, partnerOf } from './partner-argument.js';

export const partnerBadges: Command = {
  name: 'partner badges',
  summary: {
    fr: "montre les badges OBF d'un partenaire, inscrits ou non",
    en: "shows a partner's OBF badges, enrolled or not",
  },
  details: [
    {
      fr: "Lit dans OBF, avec la clé d'API du partenaire ; les brouillons n'y sont pas. « npx palier partner enrol » en inscrit un.",
      en: 'Reads OBF with the partner\'s API key; drafts are left out. "npx palier partner enrol" enrols one.',
    },
  ],
  args: [PARTNER_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const config = requireSettings(context, ['TZ_SCHEME']);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    const partner = partnerOf(scheme, call.args[0] ?? '');
    const key = keyOf(context, partner);
    const about = { fr: "Lecture d'OBF", en: 'Reading OBF' };
    const badges = await withProgress({ ...context, lang: call.lang }, about, () =>
      readObfBadges(context, key),
    );
    const compared = compare(scheme, partner, badges);
    const lines = badgeLines(scheme, partner, compared).map((words) => words[call.lang]);
    answer(call, context, lines, badgesJson(scheme, partner, compared));
    return EXIT.good;
  },
};

/** @throws Problem when there is no key, and what to do */
function keyOf(context: Context, { clientId, name, secretEnv }: Partner): ApiKey {
  const key = secretEnv === null ? null : apiKey(context, clientId, secretEnv);
  if (key !== null) return key;
  const missing =
    secretEnv === null
      ? {
          fr: `« ${name} » n'a pas de clé d'API : donnez-lui dans partners.yaml un secret_env (le nom d'une variable, comme OBF_SECRET_${variablePart(clientId)}), et mettez la clé dans cette variable.`,
          en: `"${name}" has no API key: give it a secret_env in partners.yaml (the name of a variable, like OBF_SECRET_${variablePart(clientId)}), and put the key into that variable.`,
        }
      : {
          fr: `${secretEnv} : la variable manque ; partners.yaml la nomme pour la clé d'API de « ${name} ».`,
          en: `${secretEnv}: is not set; partners.yaml names it for the API key of "${name}".`,
        };
  throw new Problem('no_key', [missing, WITHOUT_KEY]);
}

const variablePart = (clientId: string): string => clientId.toUpperCase().replace(/\W/g, '_');

const WITHOUT_KEY: Localized = {
  fr: "Sans clé, demandez à l'organisme l'identifiant de chaque badge : « npx palier partner enrol » l'inscrit aussi.",
  en: 'Without a key, ask the partner for the id of each badge: "npx palier partner enrol" enrols it as well.',
};

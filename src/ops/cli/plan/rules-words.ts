import type { MadePlan } from '../../../scheme/make-plan.js';
import { instantWords, type Localized } from '../../shared/words.js';

/** Which rules the plan is of, which are in force, and since when they differ. */
export function rulesWords(
  { rules: { scheme, rollout }, inForce, started }: Pick<MadePlan, 'rules' | 'inForce' | 'started'>,
  whose: Localized,
): readonly Localized[] {
  const { version, timeZone } = scheme;
  if (inForce === null)
    return [
      {
        fr: `Règles : ${whose.fr}, version ${version}. Aucune n'est encore en vigueur : le premier démarrage d'un worker en met une.`,
        en: `Rules: ${whose.en}, version ${version}. None is in force yet: the first start of a worker puts one there.`,
      },
    ];
  if (rollout === null)
    return [
      {
        fr: `Règles : ${whose.fr}, version ${version}, celle qui est en vigueur.`,
        en: `Rules: ${whose.en}, version ${version}, the one in force.`,
      },
    ];
  const since = instantWords(rollout.sinceS, timeZone);
  const differ =
    started === version
      ? {
          fr: `Elles diffèrent depuis le ${since.fr} ; ce qui arrive de nouveau est déjà jugé par elles.`,
          en: `They differ since ${since.en}; what is new is judged by them already.`,
        }
      : {
          fr: "Aucun worker n'a encore démarré avec elles.",
          en: 'No worker was started with them yet.',
        };
  return [
    {
      fr: `Règles : ${whose.fr}, version ${version} ; en vigueur : version ${inForce}. ${differ.fr}`,
      en: `Rules: ${whose.en}, version ${version}; in force: version ${inForce}. ${differ.en}`,
    },
    ...(rollout.inForce === null ? [UNREADABLE_RULES] : []),
  ];
}

const UNREADABLE_RULES: Localized = {
  fr: '! Les règles en vigueur ne peuvent plus être lues par cette version de Palier : qui ne remplirait plus sa règle ne peut être dit.',
  en: '! The rules in force can no longer be read by this version of Palier: who would no longer qualify cannot be told.',
};

/** Of the files in the folder. */
export const THE_FILES: Localized = { fr: 'les fichiers', en: 'the files' };

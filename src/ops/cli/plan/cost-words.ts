import type { MadePlan } from '../../../scheme/make-plan.js';
import { counted, durationWords, instantWords, type Localized } from '../../shared/words.js';

/** Against OBF's quota, and how long it takes; nothing to say where nothing is issued. */
export function costWords(
  made: Pick<MadePlan, 'cost' | 'quota' | 'rules'>,
  floor: number,
  maxRps: number,
): readonly Localized[] {
  const { issues, calls, atLeastS } = made.cost;
  if (issues === 0) return [];
  const took = durationWords(atLeastS);
  return [
    quotaWords(made, floor),
    {
      fr: `Durée : ${took.fr} au moins (${calls} appels à OBF, ${maxRps} par seconde).`,
      en: `Time: ${took.en} at least (${calls} calls of OBF, ${maxRps} a second).`,
    },
  ];
}

function quotaWords(
  { cost, quota, rules }: Pick<MadePlan, 'cost' | 'quota' | 'rules'>,
  floor: number,
): Localized {
  const asked = counted(cost.issues, { fr: 'badge', en: 'badge' }, { fr: 'badges', en: 'badges' });
  if (quota === null || cost.quotaAfter === null)
    return {
      fr: `Quota OBF : ${asked.fr} à délivrer ; ce qu'il en reste n'est pas connu${quota === null ? ' (« npx palier check » le lit)' : ''}.`,
      en: `OBF quota: ${asked.en} to issue; what is left of it is not known${quota === null ? ' ("npx palier check" reads it)' : ''}.`,
    };
  const at = instantWords(Math.floor(quota.readMs / 1000), rules.scheme.timeZone);
  const fr = `Quota OBF : ${asked.fr} à délivrer, ${quota.left} restants (lu le ${at.fr}, envois déduits)`;
  const en = `OBF quota: ${asked.en} to issue, ${quota.left} left (read ${at.en}, less what was issued)`;
  if (cost.quotaShort > 0)
    return {
      fr: `! ${fr} : il en manque ${cost.quotaShort}, les envois s'arrêteraient à ${floor}.`,
      en: `! ${en}: ${cost.quotaShort} too few, issuing would stop at ${floor}.`,
    };
  return {
    fr: `${fr} : suffisant, il en resterait ${cost.quotaAfter}.`,
    en: `${en}: enough, ${cost.quotaAfter} would be left.`,
  };
}

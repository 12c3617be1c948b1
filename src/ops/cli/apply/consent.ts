import { createInterface } from 'node:readline/promises';
import type { PlanCost } from '../../../rules/plan.js';
import type { Call, Context } from '../context.js';
import { Problem } from '../problem.js';
import type { Asked } from './asked.js';

/**
 * Goes on, or throws: above the limit that was set, beyond the quota, or when whoever sits at the terminal
 * says no. Where nobody does, what was typed is what was meant.
 * @throws Problem
 */
export async function requireConsent(
  { lang }: Call,
  { streams }: Context,
  { upto, overQuota, yes }: Asked,
  { issues, quotaShort }: PlanCost,
): Promise<void> {
  if (upto !== null && issues > upto) throw above(issues, upto);
  if (quotaShort > 0 && !overQuota) throw beyondQuota(issues, quotaShort);
  if (issues === 0 || upto !== null || yes || !streams.isTty.stdin || !streams.isTty.stderr) return;
  const question = {
    fr: `${issues} badges seront délivrés. Tapez « oui » pour continuer : `,
    en: `${issues} badges will be issued. Type "yes" to go on: `,
  };
  streams.errText(question[lang]);
  const reader = createInterface({ input: streams.stdin });
  try {
    for await (const line of reader) {
      if (/^(oui|o|yes|y)$/i.test(line.trim())) return;
      break;
    }
  } finally {
    reader.close();
  }
  throw new Problem('not_confirmed', [{ fr: "Rien n'a été changé.", en: 'Nothing was changed.' }]);
}

const above = (issues: number, upto: number): Problem =>
  new Problem('above_limit', [
    {
      fr: `${issues} badges seraient délivrés, plus que les ${upto} permis : rien n'a été changé. « npx palier plan » dit lesquels ; sans --auto-upto, ou avec un nombre plus grand, « apply » les délivre.`,
      en: `${issues} badges would be issued, more than the ${upto} allowed: nothing was changed. "npx palier plan" tells which; without --auto-upto, or with a larger number, "apply" issues them.`,
    },
  ]);

const beyondQuota = (issues: number, short: number): Problem =>
  new Problem('beyond_quota', [
    {
      fr: `Le quota d'OBF ne suffit pas : il en manque ${short} pour délivrer ${issues} badges. Rien n'a été changé. Faites relever le quota, appliquez un badge à la fois (--only), ou ajoutez --over-quota.`,
      en: `OBF's quota is too small: ${short} are missing to issue ${issues} badges. Nothing was changed. Have the quota raised, apply one award at a time (--only), or add --over-quota.`,
    },
  ]);

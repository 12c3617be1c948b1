import { withoutAddresses } from '../../platform/logger.js';
import { isGood, reportJson, reportLines } from './checks/report.js';
import { runChecks } from './checks/run-checks.js';
import type { Command } from './context.js';
import { EXIT } from './exit.js';
import { withProgress } from './progress.js';

export const check: Command = {
  name: 'check',
  summary: {
    fr: 'vérifie la configuration, les règles, Redis et les comptes OBF',
    en: 'checks the configuration, the scheme, Redis and the OBF accounts',
  },
  details: [
    {
      fr: "Toutes les fautes sont dites en une fois. Rien n'est modifié ni délivré. Un avertissement ne change pas le code de sortie.",
      en: 'Tells every fault at once. Changes and issues nothing. A warning does not change the exit code.',
    },
  ],
  args: [],
  options: [],
  run: async ({ lang, json }, context) => {
    const { streams } = context;
    const about = { fr: 'Vérification...', en: 'Checking...' };
    const results = await withProgress({ streams, lang }, about, () => runChecks(context));
    const lines = json ? [JSON.stringify(reportJson(results, lang), null, 2)] : reportLines(results, lang);
    for (const line of lines) streams.out(withoutAddresses(line));
    return isGood(results) ? EXIT.good : EXIT.problem;
  },
};

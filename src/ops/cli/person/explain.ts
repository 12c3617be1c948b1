import { explainText } from '../../../rules/explain/text.js';
import { type Explained, explainPerson } from '../../shared/explain-person.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { type Lang, say } from '../../shared/words.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from '../arguments.js';
import type { Answer, Command } from '../command.js';
import { type ExplainCommandJson, issuingJson, issuingLines } from './explain-issuing.js';
import { withPipeline } from '../session.js';

/** OBF is not called. */
const NEEDED = ['REDIS_URL', 'PALIER_KEY', 'PALIER_KEY_OLD', 'OBF_CLIENT_ID', 'TZ_SCHEME'];

export const explain: Command = {
  name: 'explain',
  help: [
    say`dit, pour une personne, chaque badge Région : obtenu ou non, et pourquoi
      tells, for one person, every award: given or not, and why`,
    say`D'après ce que Palier sait en ce moment ; OBF n'est pas appelé. L'adresse n'est ni affichée ni enregistrée.
      By what Palier knows at this moment; OBF is not called. The address is neither shown nor kept.`,
    say`Dit aussi, pour chaque badge qui manque, quels badges inscrits aideraient. La forme de --json est décrite par docs/schema/explain.json.
      Tells, too, of each one that is missing, which enrolled badges would help. docs/schema/explain.json describes the form of --json.`,
  ],
  args: EARNER_OR_KEY_ARGUMENT,
  progress: { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' },
  run: (call) => {
    const keyUnder = earnerOf(call.args[0]);
    return withPipeline(
      call,
      async (pipeline) => {
        const { scheme, queues, vault } = pipeline;
        // By the files as they are now: what would be, were Palier started with them.
        const schemes = { ...pipeline.schemes, now: () => pipeline.schemes.wouldBe(scheme) };
        const found = await explainPerson({ ...pipeline, schemes }, keyUnder(vault));
        if (found === null) throw unknownEarner();
        return answerOf(found, await queues.awards.isPaused(), call.lang);
      },
      { variables: NEEDED },
    );
  },
};

function answerOf(
  { person, scheme, evaluation, background, json }: Explained,
  paused: boolean,
  lang: Lang,
): Answer {
  const { earner, keys, portfolio } = person;
  const several = keys.length > 1;
  const issuing = { scheme, evaluation, records: person.records };
  return {
    lines: [
      say`Bénéficiaire ${earner}${several ? ` (adresses liées : ${keys.length})` : ''}
        Earner ${earner}${several ? ` (linked addresses: ${keys.length})` : ''}`,
      ...explainText(scheme, evaluation, lang, background, portfolio.assertions),
      ...issuingLines(issuing),
      ...(paused ? [PAUSED] : []),
    ],
    json: {
      earner,
      addresses: keys.length,
      ...json,
      issuing: issuingJson(issuing),
      issuing_paused: paused,
    } satisfies ExplainCommandJson,
  };
}

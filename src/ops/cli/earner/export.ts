import { earnerKeyOf } from '../../../earners/earner-key.js';
import type { Command } from '../context.js';
import { addressOf, EARNER_ARGUMENT, unknownEarner } from '../earner-argument.js';
import { EXIT } from '../exit.js';
import { withPipeline } from '../pipeline-session.js';
import { withProgress } from '../progress.js';
import { collectPersonalData, earnerJson, isNobody } from '../../shared/personal-data.js';
export const earnerExport: Command = {
  name: 'earner export',
  summary: {
    fr: "donne tout ce qui est gardé d'une personne, en JSON, pour elle",
    en: 'gives everything that is held about a person, as JSON, for them',
  },
  details: [
    {
      fr: "Adresses et noms compris : à remettre à la personne seule, après s'être assuré de son identité. Sur la sortie standard uniquement ; docs/schema/earner.json en dit la forme.",
      en: 'Addresses and names included: for the person alone, once you are sure who they are. To standard output only; docs/schema/earner.json tells its form.',
    },
  ],
  args: [EARNER_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const address = addressOf(call.args[0]);
    const about = { fr: 'Lecture de Redis', en: 'Reading Redis' };
    const held = await withProgress({ ...context, lang: call.lang }, about, () =>
      withPipeline(context, [], (pipeline) =>
        collectPersonalData(pipeline, earnerKeyOf(pipeline.vault, address)),
      ),
    );
    if (isNobody(held)) throw unknownEarner();
    const whole = earnerJson(
      held,
      {
        address: ({ contact }) => contact?.address ?? null,
        name: ({ contact }) => contact?.name ?? null,
      },
      context.clock,
    );
    context.streams.out(JSON.stringify(whole, null, 2));
    return EXIT.good;
  },
};

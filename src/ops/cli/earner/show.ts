import { answer } from '../answer.js';
import type { Command } from '../context.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from '../earner-argument.js';
import { EXIT } from '../exit.js';
import { withPipeline } from '../pipeline-session.js';
import { withProgress } from '../progress.js';
import {
  collectPersonalData,
  earnerJson,
  type HeldAddress,
  isNobody,
  type Shown,
} from '../../shared/personal-data.js';
import { maskAddress } from '../../shared/masked.js';
import { showLines } from './show-lines.js';

export const earnerShow: Command = {
  name: 'earner show',
  summary: {
    fr: "dit tout ce qui est gardé d'une personne",
    en: 'tells everything that is held about a person',
  },
  details: [
    {
      fr: "Les autres adresses de la personne ne sont montrées qu'en partie, et son nom pas du tout. Pour la personne elle-même : « npx palier earner export ».",
      en: 'The other addresses of the person are shown in part only, and the name is not. For the person: "npx palier earner export".',
    },
  ],
  args: [EARNER_OR_KEY_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const typed = earnerOf(call.args[0]);
    const about = { fr: 'Lecture de Redis', en: 'Reading Redis' };
    const told = await withProgress({ ...context, lang: call.lang }, about, () =>
      withPipeline(context, [], async (pipeline) => {
        const { scheme, region, vault } = pipeline;
        const asked = typed.keyUnder(vault);
        const held = await collectPersonalData(pipeline, asked);
        if (isNobody(held)) throw unknownEarner();
        // Whoever types an address knows it.
        const shown = maskedBut(call.args[0]?.includes('@') === true ? asked : null);
        return {
          lines: showLines(held, shown, { scheme, region, lang: call.lang }),
          json: earnerJson(held, shown, context.clock),
        };
      }),
    );
    answer(call, context, told.lines, told.json);
    return EXIT.good;
  },
};

const maskedBut = (whole: HeldAddress['key'] | null): Shown => ({
  address: ({ key, contact }) =>
    contact === null ? null : key === whole ? contact.address : maskAddress(contact.address),
  name: () => null,
});

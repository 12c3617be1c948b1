import { answer } from './answer.js';
import type { Command } from './context.js';
import { EXIT } from './exit.js';
import { withPipeline } from './pipeline-session.js';
import { withProgress } from './progress.js';
import { failedSection } from './stats/failed.js';
import { flagsSection } from './stats/flags.js';
import { issuedSection } from './stats/issued.js';
import { issuingSection } from './stats/issuing.js';
import { noticesSection } from './stats/notices.js';
import { oneAwaySection } from './stats/one-away.js';
import { partnersSection } from './stats/partners.js';
import { quotaSection } from './stats/quota.js';
import { readingSection } from './stats/reading.js';
import type { Section } from './stats/section.js';

/** What `stats` tells, in its order. */
const SECTIONS: readonly Section[] = [
  issuingSection,
  quotaSection,
  issuedSection,
  oneAwaySection,
  noticesSection,
  partnersSection,
  readingSection,
  failedSection,
  flagsSection,
];

export const stats: Command = {
  name: 'stats',
  summary: {
    fr: 'dit où en sont les envois, les avis et les échecs, et ce qui est à examiner',
    en: 'tells how issuing, notices and failures stand',
  },
  details: [
    {
      fr: "D'après ce que Redis contient en ce moment ; OBF n'est pas appelé. Les personnes n'y sont que par leur clé, celle que donne « npx palier explain ».",
      en: 'By what Redis holds at this moment; OBF is not called. People are there by their key only, the one that "npx palier explain" gives.',
    },
  ],
  args: [],
  options: [],
  run: async (call, context) => {
    const about = { fr: 'Lecture de Redis', en: 'Reading Redis' };
    const told = await withProgress({ ...context, lang: call.lang }, about, () =>
      withPipeline(context, [], (pipeline) =>
        Promise.all(SECTIONS.map(async (section) => ({ ...section, ...(await section.tell(pipeline)) }))),
      ),
    );
    const lines = told.flatMap(({ title, lines: own }, at) => [
      ...(at === 0 ? [] : ['']),
      title[call.lang],
      ...own.map((words) => `  ${words[call.lang]}`),
    ]);
    answer(call, context, lines, Object.fromEntries(told.map(({ id, json }) => [id, json])));
    return EXIT.good;
  },
};

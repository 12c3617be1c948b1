import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Count, Duration } from '../parts/told.js';
import type { ObfAnswers } from './obf-hour.js';
import { HOME } from './words.js';

interface ObfProps {
  readonly answers: ObfAnswers | null;
  readonly lang: Lang;
}

/** How OBF answered since an hour ago, or since it is counted. */
export const ObfPart = ({ answers, lang }: ObfProps): VNode => (
  <section aria-labelledby="obf">
    <h2 id="obf">{HOME.obf[lang]}</h2>
    {answers === null || answers.overS === 0 ? (
      <p>{HOME.notKept[lang]}</p>
    ) : (
      <DefinitionList
        items={[
          [HOME.over[lang], <Duration key="over" s={answers.overS} />],
          [HOME.calls[lang], <Count key="calls" of={answers.calls} />],
          [HOME.half[lang], took(answers.p50S, lang)],
          [HOME.most[lang], took(answers.p95S, lang)],
          [HOME.refused[lang], <Count key="refused" of={answers.refused} />],
          [HOME.throttled[lang], <Count key="throttled" of={answers.throttled} />],
          [HOME.noUse[lang], <Count key="failed" of={answers.failed} />],
        ]}
      />
    )}
  </section>
);

/** `120 ms`, `2,5 s`. */
function took(s: number | null, lang: Lang): ComponentChildren {
  if (s === null) return HOME.noAnswer[lang];
  const [value, unit] = s < 1 ? [Math.max(1, Math.round(s * 1000)), 'ms'] : [s, 's'];
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(value)} ${unit}`;
}

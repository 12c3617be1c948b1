import type { VNode } from 'preact';
import type { EarnerKey } from '../../../ids.js';
import type { StoredPlan } from '../../../scheme/plan-store.js';
import type { Lang } from '../../shared/words.js';
import { TO } from '../home/links.js';
import { PLAN } from './plan-words.js';

interface SamplesProps {
  readonly plan: StoredPlan;
  readonly lang: Lang;
}

/** A few people of each, to look into before anything is done. */
export function Samples({ plan, lang }: SamplesProps): VNode | null {
  const lists = plan.awards.flatMap(({ name, gainsSample, losesSample }) => [
    { title: PLAN.samplesGain(name)[lang], earners: gainsSample },
    { title: PLAN.samplesLose(name)[lang], earners: losesSample },
  ]);
  const shown = lists.filter(({ earners }) => earners.length > 0);
  if (shown.length === 0) return null;
  return (
    <details>
      <summary>{PLAN.samples[lang]}</summary>
      <p>{PLAN.samplesAbout[lang]}</p>
      {shown.map(({ title, earners }) => (
        <section key={title}>
          <h3>{title}</h3>
          <ul>
            {earners.map((earner) => (
              <Person key={earner} earner={earner} />
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}

const Person = ({ earner }: { readonly earner: EarnerKey }): VNode => (
  <li>
    <a href={TO.person(earner)}>
      <code>{earner}</code>
    </a>
  </li>
);

import type { VNode } from 'preact';
import { ActionForm } from '../parts/action-form.js';
import { State } from '../parts/state.js';
import { DO } from './action-words.js';
import { awardsIn, type AwardTold } from './grid.js';
import { anchorOf } from './grid-view.js';
import type { Line } from './lines.js';
import { personHref } from './links.js';
import { ProgressBar } from './progress-bar.js';
import type { PersonProps } from './view.js';
import { PERSON } from './words.js';

/** All of what `palier explain` tells. */
export function WhyPart({ model, lang }: PersonProps): VNode {
  const leftOut = model.leftOut[lang];
  return (
    <section aria-labelledby="pourquoi">
      <h2 id="pourquoi">{PERSON.why[lang]}</h2>
      {awardsIn(model.grid).map((told) => (
        <Award key={told.award.id} told={told} model={model} lang={lang} />
      ))}
      {leftOut.length > 0 && (
        <>
          <h3>{PERSON.leftOut[lang]}</h3>
          <ul>
            {leftOut.map((line, at) => (
              <li key={at}>{line}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Award({ told, model, lang }: PersonProps & { readonly told: AwardTold }): VNode {
  const { award, standing, progress, lines } = told;
  const { status, under } = lines[lang];
  return (
    <article aria-labelledby={anchorOf(told)}>
      <h3 id={anchorOf(told)}>{award.name}</h3>
      <p>
        <State kind={standing.kind}>{standing.words[lang]}</State> {capital(status)}.
      </p>
      {progress !== null && <ProgressBar progress={progress} lang={lang} />}
      <Lines lines={under} />
      {told.blocked && (
        <ActionForm
          to={`${personHref(model.earner)}/debloquer`}
          label={DO.unblock.label(award.name)[lang]}
          fields={{ badge: award.badgeId }}
          confirm={<p>{DO.unblock.confirm[lang]}</p>}
        />
      )}
    </article>
  );
}

export function Lines({ lines }: { readonly lines: readonly Line[] }): VNode | null {
  if (lines.length === 0) return null;
  return (
    <ul>
      {lines.map(({ text, under }, at) => (
        <li key={at}>
          {text}
          <Lines lines={under} />
        </li>
      ))}
    </ul>
  );
}

const capital = (text: string): string => text.slice(0, 1).toLocaleUpperCase('fr') + text.slice(1);

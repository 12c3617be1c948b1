import type { VNode } from 'preact';
import { onLossWords, ruleWords, type RuleLine } from '../../../rules/explain/rule-words.js';
import type { Award, Scheme } from '../../../rules/types.js';
import { State } from '../parts/state.js';
import type { SchemeProps } from './view.js';
import { SCHEME } from './words.js';

/** The scheme in words, competency by competency and level by level. */
export function RulesPart({ model, lang }: SchemeProps): VNode {
  const { inForce, scheme } = model;
  const shown = inForce ?? scheme;
  return (
    <section aria-labelledby="en-vigueur">
      <h2 id="en-vigueur">{SCHEME.inForce[lang]}</h2>
      {inForce === null && (
        <p>
          {SCHEME.unreadable[lang]} {SCHEME.files[lang]}
        </p>
      )}
      {groupsOf(shown, SCHEME.others[lang]).map(([heading, awards]) => (
        <section key={heading}>
          <h3>{heading}</h3>
          {awards.map((award) => (
            <AwardRule key={award.id} scheme={shown} award={award} model={model} lang={lang} />
          ))}
        </section>
      ))}
    </section>
  );
}

function AwardRule({
  scheme,
  award,
  model,
  lang,
}: SchemeProps & { readonly scheme: Scheme; readonly award: Award }): VNode {
  const { name, level, active, onLoss, rule } = award;
  return (
    <>
      <h4>
        {name}
        {level !== null && <small> ({SCHEME.level(level)[lang]})</small>}{' '}
        <State kind={active ? 'good' : 'neutral'}>{SCHEME[active ? 'active' : 'inactive'][lang]}</State>{' '}
        {model.change?.released.has(award.id) === true && (
          <State kind="waiting">{SCHEME.released[lang]}</State>
        )}
      </h4>
      <p>{SCHEME.asks[lang]}</p>
      <RuleTree line={ruleWords(scheme, rule, lang)} />
      <p class="muted">{onLossWords(onLoss, lang)}.</p>
    </>
  );
}

export const RuleTree = ({ line }: { readonly line: RuleLine }): VNode => (
  <ul>
    <Condition line={line} />
  </ul>
);

const Condition = ({ line: { text, under } }: { readonly line: RuleLine }): VNode => (
  <li>
    {text}
    {under.length > 0 && (
      <ul>
        {under.map((one, at) => (
          <Condition key={at} line={one} />
        ))}
      </ul>
    )}
  </li>
);

const levelOf = ({ level }: Award): number => level ?? Number.MAX_SAFE_INTEGER;

function groupsOf(
  { competencies, awards }: Scheme,
  others: string,
): readonly (readonly [string, readonly Award[]])[] {
  const known = [...competencies.values()].map(({ id, name }) => {
    const own = awards.filter(({ competency }) => competency === id);
    return [name, own.toSorted((a, b) => levelOf(a) - levelOf(b))] as const;
  });
  const rest = awards.filter(({ competency }) => competency === null || !competencies.has(competency));
  return [...known, [others, rest] as const].filter(([, own]) => own.length > 0);
}

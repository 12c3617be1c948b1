import type { ComponentChildren, VNode } from 'preact';
import { ruleWords } from '../../../rules/explain/rule-words.js';
import { isEmptyDiff, type ChangedAward, type SchemeDiff } from '../../../rules/scheme-diff.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Lang, Localized } from '../../shared/words.js';
import { DIFF } from './diff-words.js';
import { EnrolmentChanges, PartnerChanges } from './enrolment-diff-view.js';
import { RuleTree } from './rules-view.js';
import type { SchemeProps } from './view.js';

/** What the files have that is not in force yet; nothing where they are. */
export function DiffPart({ model, lang }: SchemeProps): VNode | null {
  const { change, inForce, scheme } = model;
  if (change === null || change.diff === null || inForce === null) return null;
  const { diff } = change;
  return (
    <section aria-labelledby="ce-qui-change">
      <h2 id="ce-qui-change">{DIFF.title[lang]}</h2>
      {isEmptyDiff(diff) && <p>{DIFF.none[lang]}</p>}
      <AwardChanges diff={diff} before={inForce} after={scheme} lang={lang} />
      <EnrolmentChanges diff={diff} before={inForce} after={scheme} lang={lang} />
      <PartnerChanges diff={diff} before={inForce} after={scheme} lang={lang} />
      {diff.timeZone !== null && (
        <p>
          {DIFF.timeZone[lang]} : {diff.timeZone.before} → {diff.timeZone.after}
        </p>
      )}
    </section>
  );
}

export interface DiffProps {
  readonly diff: SchemeDiff;
  readonly before: Scheme;
  readonly after: Scheme;
  readonly lang: Lang;
}

function AwardChanges({ diff: { awards }, before, after, lang }: DiffProps): VNode | null {
  const { added, removed, changed } = awards;
  if (added.length + removed.length + changed.length === 0) return null;
  return (
    <>
      <h3>{DIFF.awards[lang]}</h3>
      <ul>
        {added.map((award) => (
          <Item key={award.id} what={DIFF.added} award={award} lang={lang}>
            <RuleTree line={ruleWords(after, award.rule, lang)} />
          </Item>
        ))}
        {removed.map((award) => (
          <Item key={award.id} what={DIFF.removed} award={award} lang={lang} />
        ))}
        {changed.map((one) => (
          <Item key={one.after.id} what={DIFF.changed} award={one.after} lang={lang}>
            <Changed one={one} before={before} after={after} lang={lang} />
          </Item>
        ))}
      </ul>
    </>
  );
}

interface ItemProps {
  readonly what: Localized;
  readonly award: Award;
  readonly lang: Lang;
  readonly children?: ComponentChildren;
}

const Item = ({ what, award, lang, children }: ItemProps): VNode => (
  <li>
    {what[lang]} <strong>{award.name}</strong> (<code>{award.id}</code>){children}
  </li>
);

function Changed({
  one,
  before,
  after,
  lang,
}: Omit<DiffProps, 'diff'> & { readonly one: ChangedAward }): VNode {
  return (
    <>
      {' '}
      – {one.changes.map((change) => DIFF.award[change][lang]).join(', ')}
      {one.changes.includes('rule') && (
        <>
          <div>{DIFF.before[lang]}</div>
          <RuleTree line={ruleWords(before, one.before.rule, lang)} />
          <div>{DIFF.after[lang]}</div>
          <RuleTree line={ruleWords(after, one.after.rule, lang)} />
        </>
      )}
    </>
  );
}

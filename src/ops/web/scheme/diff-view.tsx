import type { ComponentChildren, VNode } from 'preact';
import { badgeName, partnerName } from '../../../rules/explain/condition-words.js';
import { ruleWords } from '../../../rules/explain/formatter.js';
import { isEmptyDiff, type ChangedAward, type SchemeDiff } from '../../../rules/scheme-diff.js';
import type { Award, Enrolment, Scheme } from '../../../rules/types.js';
import type { Lang, Localized } from '../../shared/words.js';
import type { ViewProps } from '../route.js';
import { Section, TreeList } from '../parts/text.js';
import type { SchemeModel } from './read.js';
import { DIFF } from './words.js';

interface DiffProps {
  readonly diff: SchemeDiff;
  readonly before: Scheme;
  readonly after: Scheme;
  readonly lang: Lang;
}

/** What the files have that is not in force yet; nothing where they are. */
export function Diff({ model, lang }: ViewProps<SchemeModel>): VNode | null {
  const { change, inForce, scheme } = model;
  if (change === null || change.diff === null || inForce === null) return null;
  const { diff } = change;
  const props = { diff, before: inForce, after: scheme, lang };
  return (
    <Section id="ce-qui-change" title={DIFF.title}>
      {isEmptyDiff(diff) && <p>{DIFF.none[lang]}</p>}
      <AwardChanges {...props} />
      <EnrolmentChanges {...props} />
      <PartnerChanges {...props} />
      {diff.timeZone !== null && (
        <p>
          {DIFF.timeZone[lang]} : {diff.timeZone.before} → {diff.timeZone.after}
        </p>
      )}
    </Section>
  );
}

function AwardChanges({ diff: { awards }, before, after, lang }: DiffProps): VNode | null {
  const { added, removed, changed } = awards;
  if (added.length + removed.length + changed.length === 0) return null;
  const item = (what: Localized, award: Award, more?: ComponentChildren): VNode => (
    <li key={award.id}>
      {what[lang]} <strong>{award.name}</strong> (<code>{award.id}</code>){more}
    </li>
  );
  const ruleOf = (scheme: Scheme, award: Award): VNode => (
    <TreeList lines={[ruleWords(scheme, award.rule, lang)]} />
  );
  const changesOf = (one: ChangedAward): VNode => (
    <>
      {' '}
      – {one.changes.map((change) => DIFF.award[change][lang]).join(', ')}
      {one.changes.includes('rule') && (
        <>
          <div>{DIFF.before[lang]}</div>
          {ruleOf(before, one.before)}
          <div>{DIFF.after[lang]}</div>
          {ruleOf(after, one.after)}
        </>
      )}
    </>
  );
  return (
    <>
      <h3>{DIFF.awards[lang]}</h3>
      <ul>
        {added.map((award) => item(DIFF.added, award, ruleOf(after, award)))}
        {removed.map((award) => item(DIFF.removed, award))}
        {changed.map((one) => item(DIFF.changed, one.after, changesOf(one)))}
      </ul>
    </>
  );
}

const nameIn = (scheme: Scheme, { badgeId, clientId }: Enrolment): string =>
  `${badgeName(scheme, badgeId)} (${partnerName(scheme, clientId)})`;

function EnrolmentChanges({ diff: { enrolments }, before, after, lang }: DiffProps): VNode | null {
  const { added, removed, changed } = enrolments;
  if (added.length + removed.length + changed.length === 0) return null;
  const altered = changed.map((one) => {
    const changes = one.changes.map((change) => DIFF.enrolment[change][lang]).join(', ');
    return `${nameIn(after, one.after)} – ${changes}`;
  });
  return (
    <>
      <h3>{DIFF.enrolments[lang]}</h3>
      <Names title={DIFF.enrolled} names={added.map((one) => nameIn(after, one))} lang={lang} />
      <Names title={DIFF.withdrawn} names={removed.map((one) => nameIn(before, one))} lang={lang} />
      <Names title={DIFF.altered} names={altered} lang={lang} />
    </>
  );
}

function PartnerChanges({ diff: { partners }, lang }: DiffProps): VNode {
  const { added, removed, changed } = partners;
  const lines = [
    ...added.map(({ name }) => `${name} – ${DIFF.joins[lang]}`),
    ...removed.map(({ name }) => `${name} – ${DIFF.leaves[lang]}`),
    ...changed.map(({ after }) => `${after.name} – ${DIFF[after.active ? 'joins' : 'leaves'][lang]}`),
  ];
  return <Names title={DIFF.partners} names={lines} lang={lang} />;
}

/** A new partner may enrol hundreds; nobody reads more. */
const MAX_SHOWN = 30;

interface NamesProps {
  readonly title: Localized;
  readonly names: readonly string[];
  readonly lang: Lang;
}

function Names({ title, names, lang }: NamesProps): VNode | null {
  if (names.length === 0) return null;
  const more = names.length > MAX_SHOWN ? [DIFF.more(names.length - MAX_SHOWN)[lang]] : [];
  return (
    <>
      <h4>
        {title[lang]} ({names.length})
      </h4>
      <TreeList lines={[...names.slice(0, MAX_SHOWN), ...more].map((text) => ({ text, under: [] }))} />
    </>
  );
}

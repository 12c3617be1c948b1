import type { VNode } from 'preact';
import { badgeName, partnerName } from '../../../rules/explain/condition-words.js';
import type { Enrolment, Scheme } from '../../../rules/types.js';
import type { Lang } from '../../shared/words.js';
import type { DiffProps } from './diff-view.js';
import { DIFF } from './diff-words.js';

/** A new partner may enrol hundreds; nobody reads more. */
const MAX_SHOWN = 30;

export function EnrolmentChanges({ diff: { enrolments }, before, after, lang }: DiffProps): VNode | null {
  const { added, removed, changed } = enrolments;
  if (added.length + removed.length + changed.length === 0) return null;
  return (
    <>
      <h3>{DIFF.enrolments[lang]}</h3>
      <Names title={DIFF.enrolled[lang]} names={added.map((one) => nameIn(after, one))} lang={lang} />
      <Names title={DIFF.withdrawn[lang]} names={removed.map((one) => nameIn(before, one))} lang={lang} />
      <Names
        title={DIFF.altered[lang]}
        names={changed.map(
          (one) =>
            `${nameIn(after, one.after)} – ${one.changes.map((change) => DIFF.enrolment[change][lang]).join(', ')}`,
        )}
        lang={lang}
      />
    </>
  );
}

const nameIn = (scheme: Scheme, { badgeId, clientId }: Enrolment): string =>
  `${badgeName(scheme, badgeId)} (${partnerName(scheme, clientId)})`;

export function PartnerChanges({ diff: { partners }, lang }: DiffProps): VNode | null {
  const { added, removed, changed } = partners;
  const lines = [
    ...added.map(({ name }) => `${name} – ${DIFF.joins[lang]}`),
    ...removed.map(({ name }) => `${name} – ${DIFF.leaves[lang]}`),
    ...changed.map(({ after }) => `${after.name} – ${DIFF[after.active ? 'joins' : 'leaves'][lang]}`),
  ];
  return lines.length === 0 ? null : <Names title={DIFF.partners[lang]} names={lines} lang={lang} />;
}

interface NamesProps {
  readonly title: string;
  readonly names: readonly string[];
  readonly lang: Lang;
}

function Names({ title, names, lang }: NamesProps): VNode | null {
  if (names.length === 0) return null;
  return (
    <>
      <h4>
        {title} ({names.length})
      </h4>
      <ul>
        {names.slice(0, MAX_SHOWN).map((name, at) => (
          <li key={at}>{name}</li>
        ))}
        {names.length > MAX_SHOWN && <li>{DIFF.more(names.length - MAX_SHOWN)[lang]}</li>}
      </ul>
    </>
  );
}

import type { ComponentChildren, VNode } from 'preact';
import { badgeName, partnerName, ruleWords } from '../../../rules/explain/formatter.js';
import {
  isEmptyDiff,
  type AwardChange,
  type Changed,
  type EnrolmentChange,
  type SchemeDiff,
} from '../../../rules/scheme-diff.js';
import type { Award, Enrolment, Scheme } from '../../../rules/types.js';
import { number } from '../words.js';
import { P, Section, TreeList } from '../parts/text.js';
import type { SchemeModel } from './read.js';

const AWARD_CHANGES = {
  rule: 'la règle',
  active: 'activation',
  onLoss: 'en cas de perte',
  badge: 'le badge OBF',
  name: 'le nom',
} as const satisfies Record<AwardChange, string>;

const ENROLMENT_CHANGES = {
  sort: 'compétence, niveau ou capacité',
  dates: 'dates',
  replaces: 'versions remplacées',
  partner: 'organisme',
} as const satisfies Record<EnrolmentChange, string>;

interface DiffProps {
  readonly diff: SchemeDiff;
  readonly before: Scheme;
  readonly after: Scheme;
}

/** What the files have that is not in force yet; nothing where they are. */
export function Diff(model: SchemeModel): VNode | null {
  const { change, inForce, scheme } = model;
  if (change === null || change.diff === null || inForce === null) return null;
  const { diff } = change;
  const props = { diff, before: inForce, after: scheme };
  return (
    <Section id="ce-qui-change" title="Ce qui change dans les fichiers">
      {isEmptyDiff(diff) && <P say="Rien de ce qui se lit ne diffère." />}
      <AwardChanges {...props} />
      <EnrolmentChanges {...props} />
      <PartnerChanges {...props} />
      {diff.timeZone !== null && (
        <p>
          Fuseau des dates : {diff.timeZone.before} → {diff.timeZone.after}
        </p>
      )}
    </Section>
  );
}

const item = (what: string, award: Award, more?: ComponentChildren): VNode => (
  <li key={award.id}>
    {what} <strong>{award.name}</strong> (<code>{award.id}</code>){more}
  </li>
);

const ruleOf = (scheme: Scheme, award: Award): VNode => (
  <TreeList lines={[ruleWords(scheme, award.rule, 'fr')]} />
);

function AwardChanges({ diff: { awards }, before, after }: DiffProps): VNode | null {
  const { added, removed, changed } = awards;
  if (added.length + removed.length + changed.length === 0) return null;
  const changesOf = (one: Changed<Award, AwardChange>): VNode => (
    <>
      {' '}
      – {one.changes.map((change) => AWARD_CHANGES[change]).join(', ')}
      {one.changes.includes('rule') && (
        <>
          <div>Avant :</div>
          {ruleOf(before, one.before)}
          <div>Après :</div>
          {ruleOf(after, one.after)}
        </>
      )}
    </>
  );
  return (
    <>
      <h3>Badges Région</h3>
      <ul>
        {added.map((award) => item('Ajouté :', award, ruleOf(after, award)))}
        {removed.map((award) => item('Retiré (qui le détient le garde) :', award))}
        {changed.map((one) => item('Modifié :', one.after, changesOf(one)))}
      </ul>
    </>
  );
}

const nameIn = (scheme: Scheme, { badgeId, clientId }: Enrolment): string =>
  `${badgeName(scheme, badgeId)} (${partnerName(scheme, clientId)})`;

function EnrolmentChanges({ diff: { enrolments }, before, after }: DiffProps): VNode | null {
  const { added, removed, changed } = enrolments;
  if (added.length + removed.length + changed.length === 0) return null;
  const altered = changed.map((one) => {
    const changes = one.changes.map((change) => ENROLMENT_CHANGES[change]).join(', ');
    return `${nameIn(after, one.after)} – ${changes}`;
  });
  return (
    <>
      <h3>Badges inscrits par les organismes</h3>
      <Names title="Inscrits" names={added.map((one) => nameIn(after, one))} />
      <Names title="Désinscrits" names={removed.map((one) => nameIn(before, one))} />
      <Names title="Modifiés" names={altered} />
    </>
  );
}

function PartnerChanges({ diff: { partners } }: DiffProps): VNode {
  const { added, removed, changed } = partners;
  const [joins, leaves] = ['participe désormais', 'ne participe plus'];
  const lines = [
    ...added.map(({ name }) => `${name} – ${joins}`),
    ...removed.map(({ name }) => `${name} – ${leaves}`),
    ...changed.map(({ after }) => `${after.name} – ${after.active ? joins : leaves}`),
  ];
  return <Names title="Organismes" names={lines} />;
}

/** A new partner may enrol hundreds; nobody reads more. */
const MAX_SHOWN = 30;

interface NamesProps {
  readonly title: string;
  readonly names: readonly string[];
}

function Names({ title, names }: NamesProps): VNode | null {
  if (names.length === 0) return null;
  const more = names.length > MAX_SHOWN ? [`et ${number(names.length - MAX_SHOWN)} autres`] : [];
  return (
    <>
      <h4>
        {title} ({names.length})
      </h4>
      <TreeList lines={[...names.slice(0, MAX_SHOWN), ...more].map((text) => ({ text, under: [] }))} />
    </>
  );
}

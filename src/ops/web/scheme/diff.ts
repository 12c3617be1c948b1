import { badgeName, partnerName, ruleWords } from '../../../rules/explain/formatter.js';
import { type AwardChange, type EnrolmentChange, schemeDiff } from '../../../rules/scheme-diff.js';
import type { Award, Enrolment, Scheme } from '../../../rules/types.js';
import type { Tree } from '../parts/text.js';

const AWARD_CHANGES: Readonly<Record<AwardChange, string>> = {
  rule: 'la règle',
  active: 'activation',
  onLoss: 'en cas de perte',
  badge: 'le badge OBF',
  name: 'le nom',
};

const ENROLMENT_CHANGES: Readonly<Record<EnrolmentChange, string>> = {
  sort: 'compétence, niveau ou capacité',
  dates: 'dates',
  replaces: 'versions remplacées',
  partner: 'organisme',
};

/** Pure. What became of `before`, in `after`, as a list; empty: nothing that people read differs. */
export function diffLines(before: Scheme, after: Scheme): readonly Tree[] {
  const { awards, enrolments, partners, timeZone } = schemeDiff(before, after);
  return [
    ...group('Badges Région', [
      ...awards.added.map((award) => line(`Ajouté : ${titleOf(award)}`, [ruleOf(after, award)])),
      ...awards.removed.map((award) => line(`Retiré (qui le détient le garde) : ${titleOf(award)}`)),
      ...awards.changed.map((one) => {
        const what = one.changes.map((change) => AWARD_CHANGES[change]).join(', ');
        const [old, now] = [ruleOf(before, one.before), ruleOf(after, one.after)];
        const rules = [line('Avant :', [old]), line('Après :', [now])];
        return line(`Modifié : ${titleOf(one.after)} – ${what}`, one.changes.includes('rule') ? rules : []);
      }),
    ]),
    ...group(
      'Badges d’organismes inscrits',
      enrolments.added.map((one) => line(nameIn(after, one))),
    ),
    ...group(
      'Badges d’organismes désinscrits',
      enrolments.removed.map((one) => line(nameIn(before, one))),
    ),
    ...group(
      'Inscriptions modifiées',
      enrolments.changed.map((one) => {
        const what = one.changes.map((change) => ENROLMENT_CHANGES[change]).join(', ');
        return line(`${nameIn(after, one.after)} – ${what}`);
      }),
    ),
    ...group('Organismes', [
      ...partners.added.map(({ name }) => line(`${name} – participe désormais`)),
      ...partners.removed.map(({ name }) => line(`${name} – ne participe plus`)),
      ...partners.changed.map(({ after: { name, active } }) =>
        line(`${name} – ${active ? 'participe désormais' : 'ne participe plus'}`),
      ),
    ]),
    ...(timeZone === null ? [] : [line(`Fuseau des dates : ${timeZone.before} → ${timeZone.after}`)]),
  ];
}

/** A new partner may enrol hundreds; nobody reads more. */
const MAX_SHOWN = 30;

function group(title: string, lines: readonly Tree[]): readonly Tree[] {
  if (lines.length === 0) return [];
  const more = lines.length > MAX_SHOWN ? [line(`et ${lines.length - MAX_SHOWN} autres`)] : [];
  return [line(`${title} (${lines.length})`, [...lines.slice(0, MAX_SHOWN), ...more])];
}

const line = (text: string, under: readonly Tree[] = []): Tree => ({ text, under });

const titleOf = ({ name, id }: Award): string => `${name} (${id})`;

const ruleOf = (scheme: Scheme, { rule }: Award): Tree => ruleWords(scheme, rule, 'fr');

const nameIn = (scheme: Scheme, { badgeId, clientId }: Enrolment): string =>
  `${badgeName(scheme, badgeId)} (${partnerName(scheme, clientId)})`;

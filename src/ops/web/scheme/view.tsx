import type { VNode } from 'preact';
import type { SchemeVersion } from '../../../ids.js';
import { badgeName, onLossWords, partnerName, ruleWords } from '../../../rules/explain/formatter.js';
import { type AwardChange, type EnrolmentChange, schemeDiff } from '../../../rules/version.js';
import type { Award, Enrolment, Scheme } from '../../../rules/types.js';
import { Table } from '../parts/table.js';
import { Alert, Instant, NoteAlert, P, Section, State, TreeList } from '../parts/text.js';
import { Apply, PlanSection } from './plan-view.js';
import type { SchemeModel } from './read.js';

export const SchemeView = (model: SchemeModel): VNode => (
  <>
    <Status {...model} />
    <Diff {...model} />
    <PlanSection {...model} />
    <Apply {...model} />
    <Rules {...model} />
    <Versions {...model} />
  </>
);

/** Whether the scheme of the files is in force. */
const Status = ({ rollout, inForceVersion, hasOtherFiles, unfinished, apply }: SchemeModel): VNode => (
  <>
    {rollout === null ? (
      <Alert kind="good">
        {inForceVersion === null
          ? 'Aucun barème n’est encore en vigueur : le premier démarrage d’un worker en met un.'
          : 'Le barème des fichiers est en vigueur pour tout le monde.'}
      </Alert>
    ) : (
      <Alert kind="note">
        Les fichiers ont changé. Les badges qui arrivent sont déjà jugés par eux ; les personnes déjà connues
        attendent la mise en vigueur. Depuis le <Instant atS={rollout.sinceS} />.
      </Alert>
    )}
    {hasOtherFiles && (
      <NoteAlert say="Ce serveur de pages a démarré avec d’autres fichiers que les workers : ce sont ceux des workers qui comptent, et qui sont montrés ici. Un déploiement est sans doute en cours." />
    )}
    {unfinished !== null && !apply.inProgress && (
      <Alert kind="bad">
        Une mise en vigueur, commencée le <Instant atS={unfinished.startedS} /> n’est pas terminée. Calculez
        le plan, puis mettez en vigueur à nouveau : rien n’est délivré deux fois.
      </Alert>
    )}
  </>
);

/** The changes in the files that are not in force yet. */
function Diff({ rollout, inForce, scheme }: SchemeModel): VNode | null {
  if (rollout === null || inForce === null) return null;
  const lines = diffLines(inForce, scheme);
  return (
    <Section id="ce-qui-change" title="Ce qui change dans les fichiers">
      {lines.length === 0 && <P say="Rien de ce qui se lit ne diffère." />}
      <TreeList lines={lines} />
    </Section>
  );
}

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

type Line = ReturnType<typeof ruleWords>;

/** Pure. Lists the changes from `before` to `after`; empty: none that people can read. */
export function diffLines(before: Scheme, after: Scheme): readonly Line[] {
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
      enrolments.added.map((one) => line(enrolmentName(after, one))),
    ),
    ...group(
      'Badges d’organismes désinscrits',
      enrolments.removed.map((one) => line(enrolmentName(before, one))),
    ),
    ...group(
      'Inscriptions modifiées',
      enrolments.changed.map((one) => {
        const what = one.changes.map((change) => ENROLMENT_CHANGES[change]).join(', ');
        return line(`${enrolmentName(after, one.after)} – ${what}`);
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

/** The most lines of a group: a new partner may enrol hundreds. */
const MAX_SHOWN = 30;

function group(title: string, lines: readonly Line[]): readonly Line[] {
  if (lines.length === 0) return [];
  const more = lines.length > MAX_SHOWN ? [line(`et ${lines.length - MAX_SHOWN} autres`)] : [];
  return [line(`${title} (${lines.length})`, [...lines.slice(0, MAX_SHOWN), ...more])];
}

const line = (text: string, under: readonly Line[] = []): Line => ({ text, under });

const titleOf = ({ name, id }: Award): string => `${name} (${id})`;

const ruleOf = (scheme: Scheme, { rule }: Award): Line => ruleWords(scheme, rule, 'fr');

const enrolmentName = (scheme: Scheme, { badgeId, clientId }: Enrolment): string =>
  `${badgeName(scheme, badgeId)} (${partnerName(scheme, clientId)})`;

/** The scheme in words, competency by competency and level by level. */
function Rules({ inForce, scheme, rollout }: SchemeModel): VNode {
  const shown = inForce ?? scheme;
  const { competencies, awards } = shown;
  const groups = [
    ...[...competencies.values()].map(({ id, name }) => ({
      name,
      members: awards.filter(({ competency }) => competency === id).toSorted(byLevel),
    })),
    {
      name: 'Autres badges Région',
      members: awards.filter(({ competency }) => competency === null || !competencies.has(competency)),
    },
  ];
  return (
    <Section id="en-vigueur" title="Barème en vigueur">
      {inForce === null && (
        <P say="Le barème en vigueur ne peut plus être lu par cette version de Palier. Voici celui des fichiers." />
      )}
      {groups
        .filter(({ members }) => members.length > 0)
        .map(({ name, members }) => (
          <section key={name}>
            <h3>{name}</h3>
            {members.map((award) => (
              <div key={award.id}>
                <h4>
                  {award.name} {award.level !== null && <small>(niveau {award.level})</small>}{' '}
                  <State kind={award.active ? 'good' : 'neutral'}>
                    {award.active ? 'actif' : 'inactif : rien n’est délivré'}
                  </State>{' '}
                  {rollout?.released.has(award.id) === true && (
                    <State kind="waiting">nouvelle règle déjà en vigueur</State>
                  )}
                </h4>
                <P say="Demande :" />
                <TreeList lines={[ruleWords(shown, award.rule, 'fr')]} />
                <p class="muted">{onLossWords(award.onLoss, 'fr')}.</p>
              </div>
            ))}
          </section>
        ))}
    </Section>
  );
}

const byLevel = (a: Award, b: Award): number => (a.level ?? Infinity) - (b.level ?? Infinity);

function Versions({ versions, inForceVersion, scheme }: SchemeModel): VNode {
  const stateOf = (version: SchemeVersion): VNode => {
    if (version === inForceVersion) return <State kind="good">en vigueur</State>;
    if (version === scheme.version) return <State kind="waiting">fichiers, attend la mise en vigueur</State>;
    return <State kind="neutral">ancienne</State>;
  };
  return (
    <Section id="versions" title="Versions">
      <Table
        caption="Versions avec lesquelles Palier a démarré, de la plus récente à la plus ancienne"
        rows={versions}
        columns={[
          ['Version', ({ version }) => <code>{version}</code>],
          ['Premier démarrage', ({ firstS }) => <Instant atS={firstS} />],
          ['État', ({ version }) => stateOf(version)],
        ]}
        empty="Aucune version n’est encore connue."
      />
    </Section>
  );
}

import type { VNode } from 'preact';
import { onLossWords, ruleWords } from '../../../rules/explain/formatter.js';
import type { SchemeVersion } from '../../../ids.js';
import type { Award } from '../../../rules/types.js';
import { TO } from '../links.js';
import { Table } from '../parts/table.js';
import { Alert, Instant, Note, P, Section, State, TreeList } from '../parts/text.js';
import { diffLines } from './diff.js';
import { Apply, Plan } from './plan-view.js';
import type { SchemeModel } from './read.js';

export const SchemeView = (model: SchemeModel): VNode => (
  <>
    {model.moves && (
      <p>
        Cette page se recharge seule toutes les 2 secondes.{' '}
        <a href={stillHref(model)}>Ne plus la recharger</a>
      </p>
    )}
    <Status {...model} />
    <Diff {...model} />
    <Plan {...model} />
    <Apply {...model} />
    <Rules {...model} />
    <Versions {...model} />
  </>
);

/** The same page, which does not load itself again. */
const stillHref = ({ plan: { only } }: SchemeModel): string =>
  `${TO.scheme}?${only === null ? '' : `badge=${encodeURIComponent(only)}&`}fige=1`;

/** Whether what the files say is in force. */
const Status = ({ change, inForceVersion, differsHere, unfinished, apply }: SchemeModel): VNode => (
  <>
    {change === null ? (
      <Alert kind="good">
        {inForceVersion === null
          ? 'Aucun barème n’est encore en vigueur : le premier démarrage d’un worker en met un.'
          : 'Le barème des fichiers est en vigueur pour tout le monde.'}
      </Alert>
    ) : (
      <Alert kind="note">
        Les fichiers ont changé. Les badges qui arrivent sont déjà jugés par eux ; les personnes déjà connues
        attendent la mise en vigueur. Depuis le <Instant atS={change.sinceS} />.
      </Alert>
    )}
    {differsHere && (
      <Note say="Ce serveur de pages a démarré avec d’autres fichiers que les workers : ce sont ceux des workers qui comptent, et qui sont montrés ici. Un déploiement est sans doute en cours." />
    )}
    {unfinished !== null && !apply.moves && (
      <Alert kind="bad">
        Une mise en vigueur, commencée le <Instant atS={unfinished.startedS} /> n’est pas terminée. Calculez
        le plan, puis mettez en vigueur à nouveau : rien n’est délivré deux fois.
      </Alert>
    )}
  </>
);

/** What the files have that is not in force yet; nothing where they are. */
function Diff({ change, inForce, scheme }: SchemeModel): VNode | null {
  if (change === null || inForce === null) return null;
  const lines = diffLines(inForce, scheme);
  return (
    <Section id="ce-qui-change" title="Ce qui change dans les fichiers">
      {lines.length === 0 && <P say="Rien de ce qui se lit ne diffère." />}
      <TreeList lines={lines} />
    </Section>
  );
}

/** The scheme in words, competency by competency and level by level. */
function Rules({ inForce, scheme, change }: SchemeModel): VNode {
  const shown = inForce ?? scheme;
  const { competencies, awards } = shown;
  const groups = [
    ...[...competencies.values()].map(({ id, name }) => ({
      name,
      own: awards.filter(({ competency }) => competency === id).toSorted(byLevel),
    })),
    {
      name: 'Autres badges Région',
      own: awards.filter(({ competency }) => competency === null || !competencies.has(competency)),
    },
  ];
  return (
    <Section id="en-vigueur" title="Barème en vigueur">
      {inForce === null && (
        <P say="Le barème en vigueur ne peut plus être lu par cette version de Palier. Voici celui des fichiers." />
      )}
      {groups
        .filter(({ own }) => own.length > 0)
        .map(({ name, own }) => (
          <section key={name}>
            <h3>{name}</h3>
            {own.map((award) => (
              <div key={award.id}>
                <h4>
                  {award.name} {award.level !== null && <small>(niveau {award.level})</small>}{' '}
                  <State kind={award.active ? 'good' : 'neutral'}>
                    {award.active ? 'actif' : 'inactif : rien n’est délivré'}
                  </State>{' '}
                  {change?.released.has(award.id) === true && (
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

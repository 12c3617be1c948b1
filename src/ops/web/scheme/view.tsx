import { number } from '../words.js';
import type { VNode } from 'preact';
import type { SchemeVersion } from '../../../ids.js';
import { onLossWords, ruleWords } from '../../../rules/explain/formatter.js';
import type { Award, Scheme } from '../../../rules/types.js';
import { TO } from '../links.js';
import { Table } from '../parts/table.js';
import { Alert, Instant, Note, P, Section, State, TreeList } from '../parts/text.js';
import type { View } from '../route.js';
import { Diff } from './diff-view.js';
import { Apply, Plan } from './plan-view.js';
import type { SchemeModel } from './read.js';

type PartProps = SchemeModel;

export const SchemeView: View<SchemeModel> = (model) => (
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
function Status(model: PartProps): VNode {
  const { change, inForceVersion, differsHere, unfinished, apply } = model;
  return (
    <>
      {change === null ? (
        <Alert kind="good">
          {inForceVersion === null
            ? 'Aucun barème n’est encore en vigueur : le premier démarrage d’un worker en met un.'
            : 'Le barème des fichiers est en vigueur pour tout le monde.'}
        </Alert>
      ) : (
        <Alert kind="note">
          Les fichiers ont changé. Les badges qui arrivent sont déjà jugés par eux ; les personnes déjà
          connues attendent la mise en vigueur. Depuis le <Instant atS={change.sinceS} />.
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
}

/** The scheme in words, competency by competency and level by level. */
function Rules(model: PartProps): VNode {
  const { inForce, scheme, change } = model;
  const shown = inForce ?? scheme;
  return (
    <Section id="en-vigueur" title="Barème en vigueur">
      {inForce === null && (
        <p>
          Le barème en vigueur ne peut plus être lu par cette version de Palier. Voici celui des fichiers.
        </p>
      )}
      {groupsOf(shown, 'Autres badges Région').map(([heading, awards]) => (
        <section key={heading}>
          <h3>{heading}</h3>
          {awards.map(({ id, name, level, active, onLoss, rule }) => (
            <div key={id}>
              <h4>
                {name}
                {level !== null && <small> ({`niveau ${number(level)}`})</small>}{' '}
                <State kind={active ? 'good' : 'neutral'}>
                  {active ? 'actif' : 'inactif : rien n’est délivré'}
                </State>{' '}
                {change?.released.has(id) === true && (
                  <State kind="waiting">nouvelle règle déjà en vigueur</State>
                )}
              </h4>
              <P say="Demande :" />
              <TreeList lines={[ruleWords(shown, rule, 'fr')]} />
              <p class="muted">{onLossWords(onLoss, 'fr')}.</p>
            </div>
          ))}
        </section>
      ))}
    </Section>
  );
}

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

function Versions({ versions, inForceVersion, scheme }: PartProps): VNode {
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

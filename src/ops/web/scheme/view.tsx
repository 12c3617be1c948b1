import type { VNode } from 'preact';
import type { SchemeVersion } from '../../../ids.js';
import { onLossWords, ruleWords } from '../../../rules/explain/formatter.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { KeptVersion } from '../../../scheme/texts.js';
import { TO } from '../links.js';
import { Table } from '../parts/table.js';
import { Alert, Instant, Section, State, TreeList } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import { Apply } from './apply-view.js';
import { Diff } from './diff-view.js';
import { Plan } from './plan-view.js';
import type { SchemeModel } from './read.js';
import { SCHEME } from './words.js';

type PartProps = ViewProps<SchemeModel>;

export const SchemeView: View<SchemeModel> = ({ model, lang }) => (
  <>
    {model.moves && (
      <p>
        {SCHEME.moving[lang]} <a href={stillHref(model)}>{SCHEME.still[lang]}</a>
      </p>
    )}
    <Status model={model} lang={lang} />
    <Diff model={model} lang={lang} />
    <Plan model={model} lang={lang} />
    <Apply model={model} lang={lang} />
    <Rules model={model} lang={lang} />
    <Versions model={model} lang={lang} />
  </>
);

/** The same page, which does not load itself again. */
const stillHref = ({ plan: { only } }: SchemeModel): string =>
  `${TO.scheme}?${only === null ? '' : `badge=${encodeURIComponent(only)}&`}fige=1`;

/** Whether what the files say is in force. */
function Status({ model, lang }: PartProps): VNode {
  const { change, inForceVersion, differsHere, unfinished, apply } = model;
  return (
    <>
      {change === null ? (
        <Alert kind="good">{inForceVersion === null ? SCHEME.noneYet : SCHEME.same}</Alert>
      ) : (
        <Alert kind="note">
          {SCHEME.changed[lang]} <Instant atS={change.sinceS} />.
        </Alert>
      )}
      {differsHere && <Alert kind="note">{SCHEME.differsHere}</Alert>}
      {unfinished !== null && !apply.moves && (
        <Alert kind="bad">
          {SCHEME.unfinished[lang]} <Instant atS={unfinished.startedS} /> {SCHEME.unfinishedNext[lang]}
        </Alert>
      )}
    </>
  );
}

/** The scheme in words, competency by competency and level by level. */
function Rules({ model, lang }: PartProps): VNode {
  const { inForce, scheme, change } = model;
  const shown = inForce ?? scheme;
  return (
    <Section id="en-vigueur" title={SCHEME.inForce}>
      {inForce === null && (
        <p>
          {SCHEME.unreadable[lang]} {SCHEME.files[lang]}
        </p>
      )}
      {groupsOf(shown, SCHEME.others[lang]).map(([heading, awards]) => (
        <section key={heading}>
          <h3>{heading}</h3>
          {awards.map(({ id, name, level, active, onLoss, rule }) => (
            <div key={id}>
              <h4>
                {name}
                {level !== null && <small> ({SCHEME.level(level)[lang]})</small>}{' '}
                <State kind={active ? 'good' : 'neutral'}>{active ? SCHEME.active : SCHEME.inactive}</State>{' '}
                {change?.released.has(id) === true && <State kind="waiting">{SCHEME.released}</State>}
              </h4>
              <p>{SCHEME.asks[lang]}</p>
              <TreeList lines={[ruleWords(shown, rule, lang)]} />
              <p class="muted">{onLossWords(onLoss, lang)}.</p>
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

function Versions({ model: { versions, inForceVersion, scheme } }: PartProps): VNode {
  const stateOf = (version: SchemeVersion): VNode => {
    if (version === inForceVersion) return <State kind="good">{SCHEME.isInForce}</State>;
    if (version === scheme.version) return <State kind="waiting">{SCHEME.isFiles}</State>;
    return <State kind="neutral">{SCHEME.isFormer}</State>;
  };
  return (
    <Section id="versions" title={SCHEME.versions}>
      <Table
        caption={SCHEME.versionsCaption}
        columns={[
          { title: SCHEME.version, heads: true, cell: ({ version }: KeptVersion) => <code>{version}</code> },
          { title: SCHEME.first, cell: ({ firstS }) => <Instant atS={firstS} /> },
          { title: SCHEME.state, cell: ({ version }) => stateOf(version) },
        ]}
        rows={versions}
        empty={SCHEME.noVersion}
      />
    </Section>
  );
}

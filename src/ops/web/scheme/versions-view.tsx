import type { VNode } from 'preact';
import type { SchemeVersion } from '../../../ids.js';
import type { VersionKept } from '../../../scheme/scheme-versions.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Instant } from '../parts/told.js';
import type { SchemeProps } from './view.js';
import { SCHEME } from './words.js';

export function VersionsPart({ model, lang }: SchemeProps): VNode {
  const { versions, inForceVersion, scheme } = model;
  const stateOf = (version: SchemeVersion): VNode => {
    if (version === inForceVersion) return <State kind="good">{SCHEME.isInForce[lang]}</State>;
    if (version === scheme.version) return <State kind="waiting">{SCHEME.isFiles[lang]}</State>;
    return <State kind="neutral">{SCHEME.isFormer[lang]}</State>;
  };
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{SCHEME.versions[lang]}</h2>
      <Table
        caption={SCHEME.versionsCaption[lang]}
        columns={[
          {
            title: SCHEME.version[lang],
            heads: true,
            cell: ({ version }: VersionKept) => <code>{version}</code>,
          },
          { title: SCHEME.first[lang], cell: ({ firstS }) => <Instant atS={firstS} /> },
          { title: SCHEME.state[lang], cell: ({ version }) => stateOf(version) },
        ]}
        rows={versions}
        empty={SCHEME.noVersion[lang]}
      />
    </section>
  );
}

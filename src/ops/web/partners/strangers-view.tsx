import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { Table } from '../parts/table.js';
import { Count, Instant } from '../parts/told.js';
import { enrolNewcomerCommand } from './enrol-command.js';
import type { Stranger } from './read-list.js';
import { PARTNERS } from './words.js';

interface StrangersProps {
  readonly strangers: readonly Stranger[];
  readonly lang: Lang;
}

/** Whose notices are ignored, and why. */
export const Strangers = ({ strangers, lang }: StrangersProps): VNode => (
  <section aria-labelledby="ignores">
    <h2 id="ignores">{PARTNERS.strangers[lang]}</h2>
    <p>{PARTNERS.strangersAbout[lang]}</p>
    <Table
      caption={PARTNERS.strangersCaption[lang]}
      columns={[
        {
          title: PARTNERS.clientId[lang],
          heads: true,
          cell: ({ clientId, partner }: Stranger) => (
            <>
              <code>{clientId}</code> {partner?.name}
            </>
          ),
        },
        {
          title: PARTNERS.reason[lang],
          cell: ({ partner }) => PARTNERS.reasons[partner === null ? 'unknown' : 'inactive'][lang],
        },
        { title: PARTNERS.notices[lang], numeric: true, cell: ({ count }) => <Count of={count} /> },
        { title: PARTNERS.lastTime[lang], cell: ({ lastS }) => <Instant atS={lastS} /> },
        { title: PARTNERS.toMend[lang], cell: (stranger) => mendOf(stranger, lang) },
      ]}
      rows={strangers}
      empty=""
    />
  </section>
);

function mendOf({ clientId, partner }: Stranger, lang: Lang): ComponentChildren {
  if (partner !== null) return PARTNERS.makeActive[lang];
  const command = enrolNewcomerCommand(clientId);
  return command === null ? PARTNERS.cannotEnrol[lang] : <code>{command}</code>;
}

import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { TO } from '../home/links.js';
import { Choice } from '../parts/field.js';
import { Table } from '../parts/table.js';
import { Count, Instant } from '../parts/told.js';
import type { NotEnrolled, PartnerModel } from './read-one.js';
import { PARTNER, PARTNERS } from './words.js';

interface NotEnrolledProps {
  readonly model: PartnerModel;
  readonly lang: Lang;
}

/** What came of a partner and counts for nothing, and what would enrol it. */
export function NotEnrolledBadges({ model, lang }: NotEnrolledProps): VNode {
  const { notEnrolled } = model;
  return (
    <section aria-labelledby="non-inscrits">
      <h2 id="non-inscrits">{PARTNER.notEnrolled[lang]}</h2>
      {notEnrolled.length === 0 ? (
        <p>{PARTNER.noneNotEnrolled[lang]}</p>
      ) : (
        <>
          <p>{PARTNER.notEnrolledAbout[lang]}</p>
          <ChooseForm model={model} lang={lang} />
          <Table
            caption={PARTNER.notEnrolledCaption[lang]}
            columns={[
              {
                title: PARTNER.badge[lang],
                heads: true,
                cell: ({ badgeId }: NotEnrolled) => <code>{badgeId}</code>,
              },
              { title: PARTNER.times[lang], numeric: true, cell: ({ count }) => <Count of={count} /> },
              { title: PARTNERS.lastTime[lang], cell: ({ lastS }) => <Instant atS={lastS} /> },
              { title: PARTNER.command[lang], cell: (badge) => commandOf(badge, lang) },
            ]}
            rows={notEnrolled}
            empty=""
          />
        </>
      )}
    </section>
  );
}

function commandOf({ enrolledBy, command }: NotEnrolled, lang: Lang): ComponentChildren {
  if (enrolledBy !== null)
    return (
      <>
        {PARTNER.elsewhere[lang]} <code>{enrolledBy}</code>
      </>
    );
  return command === null ? PARTNERS.cannotEnrol[lang] : <code>{command}</code>;
}

/** What the badges are worth; it only changes what is shown. */
function ChooseForm({ model: { scheme, partner, as, levels }, lang }: NotEnrolledProps): VNode {
  const none = { value: '', label: PARTNER.toChoose[lang] };
  return (
    <form method="get" action={`${TO.partner(partner.clientId)}#non-inscrits`} class="filter">
      <Choice
        name="competence"
        label={PARTNER.competency[lang]}
        options={[
          none,
          ...[...scheme.competencies.values()].map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={as.competency ?? ''}
        required
      />
      <Choice
        name="niveau"
        label={PARTNER.level[lang]}
        options={[none, ...levels.map((level) => ({ value: String(level), label: String(level) }))]}
        value={as.level === null ? '' : String(as.level)}
        required
      />
      <button type="submit">{PARTNER.choose[lang]}</button>
    </form>
  );
}

import { DateTime } from 'luxon';
import type { VNode } from 'preact';
import type { Enrolment, Scheme } from '../../../rules/types.js';
import type { Lang, Localized } from '../../shared/words.js';
import { TO } from '../links.js';
import { Choice } from '../parts/form.js';
import type { Content } from '../parts/frame.js';
import { DefinitionList, Table, type Item } from '../parts/table.js';
import { Alert, Count, Instant, LinkLine, Section } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import { accessText, activityOf, lastOf } from './list-view.js';
import type { NotEnrolled, PartnerModel } from './read.js';
import { PARTNER, PARTNERS } from './words.js';

type PartProps = ViewProps<PartnerModel>;

export const PartnerView: View<PartnerModel> = ({ model, lang }) => (
  <>
    {model.access === 'key_missing' && <Alert kind="bad">{PARTNER.keyMissing}</Alert>}
    {model.isKeyRefused && (
      <Alert kind="bad">
        {PARTNER.keyRefused[lang]} <a href={TO.failures}>{PARTNER.failures[lang]}</a>
      </Alert>
    )}
    <DefinitionList items={itemsOf(model, lang)} />
    <Enrolled model={model} lang={lang} />
    <NotEnrolledBadges model={model} lang={lang} />
    <LinkLine href={TO.partners}>{PARTNER.all}</LinkLine>
  </>
);

function itemsOf(model: PartnerModel, lang: Lang): readonly Item[] {
  const { partner, access, readS, last, turnedAway } = model;
  const notRead = access === 'hosted' ? PARTNER.notReadable : PARTNER.notRead;
  const items: Item[] = [
    [PARTNERS.clientId, <code>{partner.clientId}</code>],
    [PARTNERS.takesPart, activityOf(partner)],
    [PARTNERS.access, accessText(access)],
  ];
  if (partner.secretEnv !== null) items.push([PARTNER.variable, <code>{partner.secretEnv}</code>]);
  items.push(
    [
      PARTNERS.last,
      <>
        {lastOf(model, lang)}
        {last !== null && last.eventId !== null && (
          <>
            {' '}
            ({PARTNER.event[lang]} <code>{last.eventId}</code>)
          </>
        )}
      </>,
    ],
    [PARTNER.readAt, readS === null ? notRead : <Instant atS={readS} />],
  );
  if (turnedAway !== null)
    items.push([
      PARTNER.turnedAway,
      <>
        <Count of={turnedAway.count} /> (<Instant atS={turnedAway.lastS} />)
      </>,
    ]);
  return items;
}

/** What the Région enrolled of a partner, in the order of partners.yaml. */
function Enrolled({ model: { scheme, partner }, lang }: PartProps): VNode {
  const { competencies } = scheme;
  return (
    <Section id="inscrits" title={PARTNERS.enrolled}>
      <Table
        caption={PARTNER.enrolledCaption}
        columns={[
          {
            title: PARTNER.badge,
            heads: true,
            cell: ({ name, badgeId }: Enrolment) => (
              <>
                {name} <code>{badgeId}</code>
              </>
            ),
          },
          {
            title: PARTNER.competency,
            cell: ({ competency }) => competencies.get(competency)?.name ?? competency,
          },
          { title: PARTNER.level, numeric: true, cell: ({ level }) => level },
          {
            title: PARTNER.ability,
            cell: ({ competency, ability }) =>
              ability === null ? '–' : (competencies.get(competency)?.abilities.get(ability) ?? ability),
          },
          { title: PARTNER.period, cell: (badge) => periodText(badge, scheme, lang) },
          {
            title: PARTNER.replaces,
            cell: ({ replaces }) => (replaces.length === 0 ? '–' : replaces.join(', ')),
          },
        ]}
        rows={partner.badges}
        empty={PARTNER.noBadge}
      />
    </Section>
  );
}

/** `à partir du 1 janv. 2024 jusqu’au 31 déc. 2026`. */
function periodText({ fromS, beforeS }: Enrolment, { timeZone }: Scheme, lang: Lang): Content {
  if (fromS === null && beforeS === null) return PARTNER.anyTime;
  const part = (words: Localized, atS: number) => {
    const day = DateTime.fromSeconds(atS, { zone: timeZone, locale: lang });
    return (
      <>
        {words[lang]}{' '}
        <time dateTime={day.toISODate() ?? undefined}>{day.toLocaleString(DateTime.DATE_MED)}</time>{' '}
      </>
    );
  };
  return (
    <>
      {fromS !== null && part(PARTNER.from, fromS)}
      {beforeS !== null && part(PARTNER.until, beforeS - 1)}
    </>
  );
}

/** What the partner issued and counts for nothing, and what would enrol it. */
function NotEnrolledBadges({ model, lang }: PartProps): VNode {
  const { notEnrolled } = model;
  return (
    <Section id="non-inscrits" title={PARTNER.notEnrolled}>
      {notEnrolled.length === 0 ? (
        <p>{PARTNER.noneNotEnrolled[lang]}</p>
      ) : (
        <>
          <p>{PARTNER.notEnrolledAbout[lang]}</p>
          <ChooseForm model={model} lang={lang} />
          <Table
            caption={PARTNER.notEnrolledCaption}
            columns={[
              {
                title: PARTNER.badge,
                heads: true,
                cell: ({ badgeId }: NotEnrolled) => <code>{badgeId}</code>,
              },
              { title: PARTNER.times, numeric: true, cell: ({ count }) => <Count of={count} /> },
              { title: PARTNERS.lastTime, cell: ({ lastS }) => <Instant atS={lastS} /> },
              { title: PARTNER.command, cell: (badge) => commandOf(badge, lang) },
            ]}
            rows={notEnrolled}
          />
        </>
      )}
    </Section>
  );
}

function commandOf({ enrolledBy, command }: NotEnrolled, lang: Lang): Content {
  if (enrolledBy !== null)
    return (
      <>
        {PARTNER.elsewhere[lang]} <code>{enrolledBy}</code>
      </>
    );
  return command === null ? PARTNERS.cannotEnrol : <code>{command}</code>;
}

/** What the badges are worth; it only changes the commands that are shown. */
function ChooseForm({ model: { scheme, partner, as, levels }, lang }: PartProps): VNode {
  const none = { value: '', label: PARTNER.toChoose };
  const competencies = [...scheme.competencies.values()].map(({ id, name }) => ({ value: id, label: name }));
  const levelOptions = levels.map((level) => ({ value: String(level), label: String(level) }));
  return (
    <form method="get" action={`${TO.partner(partner.clientId)}#non-inscrits`} class="filter">
      <Choice
        name="competence"
        label={PARTNER.competency}
        options={[none, ...competencies]}
        value={as.competency ?? ''}
        required
      />
      <Choice
        name="niveau"
        label={PARTNER.level}
        options={[none, ...levelOptions]}
        value={String(as.level ?? '')}
        required
      />
      <button type="submit">{PARTNER.choose[lang]}</button>
    </form>
  );
}

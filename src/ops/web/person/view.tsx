import { Fragment, type VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { TO } from '../links.js';
import { SmallBar } from '../parts/bar-chart.js';
import { ActionForm, Field } from '../parts/form.js';
import { useIsOperator, type Content } from '../parts/frame.js';
import { Table } from '../parts/table.js';
import { Alert, Instant, LinkLine, Section, State, TreeList } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import { awardsIn, type AwardExplained, type GridRow } from './grid.js';
import type { AddressShown, KnownPerson, PersonModel, TimelineEntry } from './read.js';
import { DO, PERSON } from './words.js';

export interface SearchModel {
  /** What was typed is nothing to look for; it is not shown again. */
  readonly fault: boolean;
}

export const SearchView: View<SearchModel> = ({ model }) => (
  <ActionForm to={TO.people} label={PERSON.searchButton} role="lecture">
    <Field
      name="who"
      label={PERSON.searchLabel}
      help={PERSON.searchHelp}
      fault={model.fault ? PERSON.notTyped : undefined}
      type="search"
      required
    />
  </ActionForm>
);

type PersonProps = ViewProps<KnownPerson>;

export const PersonView: View<PersonModel> = ({ model, lang }) => (
  <>
    <LinkLine href={TO.people}>{PERSON.another}</LinkLine>
    {model.kind === 'known' ? (
      <Known model={model} lang={lang} />
    ) : (
      <Alert kind="note">
        <p>{PERSON.unknown[lang]}</p>
        {model.erasedAtS === null ? (
          <p>{PERSON.unknownWhy[lang]}</p>
        ) : (
          <p>
            {PERSON.erasedOn[lang]} <Instant atS={model.erasedAtS} />.
          </p>
        )}
      </Alert>
    )}
  </>
);

const Known = ({ model, lang }: PersonProps): VNode => (
  <>
    {model.being === 'erasing' && <Alert kind="bad">{PERSON.erasing}</Alert>}
    {model.paused && <Alert kind="note">{PERSON.paused}</Alert>}
    {model.evaluation !== 'none' && <Alert kind="note">{PERSON.evaluation[model.evaluation]}</Alert>}
    <GridPart model={model} lang={lang} />
    <Why model={model} lang={lang} />
    <Timeline model={model} lang={lang} />
    <Addresses model={model} lang={lang} />
    <Actions model={model} lang={lang} />
  </>
);

/** Where somebody stands, at a glance; each state leads to its reasons below. */
function GridPart({ model: { grid }, lang }: PersonProps): VNode {
  const levels = grid.levels.map((level, at) => ({
    title: PERSON.level(level),
    cell: ({ cells }: GridRow) => cellOf(cells[at] ?? [], lang),
  }));
  const competency = { title: PERSON.competency, heads: true, cell: (row: GridRow) => row.competency };
  return (
    <Section id="ou-en-est" title={PERSON.grid}>
      {(grid.rows.length > 0 || grid.others.length === 0) && (
        <Table
          caption={PERSON.gridCaption}
          columns={[competency, ...levels]}
          rows={grid.rows}
          empty={PERSON.noAward}
        />
      )}
      {grid.others.length > 0 && (
        <Table
          caption={PERSON.others}
          columns={[
            { title: PERSON.award, heads: true, cell: ({ award }: AwardExplained) => award.name },
            { title: PERSON.state, cell: (one) => <Standing one={one} /> },
          ]}
          rows={grid.others}
        />
      )}
    </Section>
  );
}

const cellOf = (awards: readonly AwardExplained[], lang: Lang): Content =>
  awards.length === 0 ? (
    <span class="muted">{PERSON.noLevel[lang]}</span>
  ) : (
    awards.map((one) => (
      <Fragment key={one.award.id}>
        <div>{one.award.name}</div>
        <Standing one={one} />
      </Fragment>
    ))
  );

const Standing = ({ one: { award, standing, progress } }: { readonly one: AwardExplained }): VNode => (
  <div>
    <a href={`#badge-${award.id}`}>
      <State kind={standing.kind}>{standing.words}</State>
    </a>
    {progress !== null && <SmallBar {...progress} />}
  </div>
);

/** All that `palier explain` says. */
function Why({ model, lang }: PersonProps): VNode {
  const excluded = model.excluded[lang];
  return (
    <Section id="pourquoi" title={PERSON.why}>
      {awardsIn(model.grid).map((one) => (
        <WhyAward key={one.award.id} one={one} model={model} lang={lang} />
      ))}
      {excluded.length > 0 && (
        <>
          <h3>{PERSON.leftOut[lang]}</h3>
          <TreeList lines={excluded.map((text) => ({ text, under: [] }))} />
        </>
      )}
    </Section>
  );
}

function WhyAward({ one, model, lang }: PersonProps & { readonly one: AwardExplained }): VNode {
  const { award, standing, progress, lines, blocked } = one;
  const { status, under } = lines[lang];
  const id = `badge-${award.id}`;
  return (
    <article aria-labelledby={id}>
      <h3 id={id}>{award.name}</h3>
      <p>
        <State kind={standing.kind}>{standing.words}</State>{' '}
        {status.slice(0, 1).toLocaleUpperCase('fr') + status.slice(1)}.
      </p>
      {progress !== null && <SmallBar {...progress} />}
      <TreeList lines={under} />
      {blocked && (
        <ActionForm
          to={`${TO.person(model.earner)}/debloquer`}
          label={DO.unblock.label(award.name)}
          fields={{ badge: award.badgeId }}
          confirm={<p>{DO.unblock.confirm[lang]}</p>}
        />
      )}
    </article>
  );
}

/** The export has them all. */
const MAX_TIMELINE = 100;

/** The person's part of the journal. */
function Timeline({ model: { timeline, addresses }, lang }: PersonProps): VNode {
  const addressOf = ({ under }: TimelineEntry): string =>
    addresses.find(({ key }) => key === under)?.address ?? under;
  return (
    <Section id="historique" title={PERSON.timeline}>
      <Table
        caption={PERSON.timelineCaption}
        columns={[
          { title: PERSON.when, heads: true, cell: ({ atS }: TimelineEntry) => <Instant atS={atS} /> },
          { title: PERSON.what, cell: ({ what }) => what },
          { title: PERSON.award, cell: ({ award }) => award ?? '–' },
          { title: PERSON.because, cell: ({ why }) => why ?? '–' },
          ...(addresses.length > 1 ? [{ title: PERSON.address, cell: addressOf }] : []),
          { title: PERSON.details, cell: (entry) => referencesOf(entry, lang) },
        ]}
        rows={timeline.slice(0, MAX_TIMELINE)}
        empty={PERSON.noHistory}
      />
      {timeline.length > MAX_TIMELINE && <p>{PERSON.timelineMore[lang]}</p>}
    </Section>
  );
}

const referencesOf = ({ event, version, detail }: TimelineEntry, lang: Lang): Content => (
  <small>
    {event !== null && (
      <div>
        {PERSON.event[lang]} <code>{event}</code>
      </div>
    )}
    {version !== null && (
      <div>
        {PERSON.version[lang]} <code>{version}</code>
      </div>
    )}
    {detail !== null && <div lang="en">{detail}</div>}
  </small>
);

/** The person's addresses; whole only for an operator who asked. */
function Addresses({ model: { addresses, shown, earner }, lang }: PersonProps): VNode {
  const name = { title: PERSON.name, cell: (one: AddressShown) => one.name ?? '–' };
  return (
    <Section id="adresses" title={PERSON.addresses}>
      <Table
        caption={shown ? PERSON.addressesShown : PERSON.addressesCaption}
        columns={[
          {
            title: PERSON.address,
            heads: true,
            cell: ({ address }: AddressShown) => address ?? PERSON.notKept,
          },
          ...(shown ? [name] : []),
          { title: PERSON.role, cell: ({ own }) => (own ? PERSON.own : PERSON.linked) },
          { title: PERSON.key, cell: ({ key }) => <code>{key}</code> },
        ]}
        rows={addresses}
      />
      {!shown && (
        <ActionForm to={`${TO.person(earner)}/adresse`} label={DO.show.label}>
          <p>{DO.show.help[lang]}</p>
        </ActionForm>
      )}
    </Section>
  );
}

/** What an operator can do; each is asked once. */
function Actions({ model: { earner, addresses, canBeSentLink }, lang }: PersonProps): VNode | null {
  if (!useIsOperator()) return null;
  const to = (what: string): string => `${TO.person(earner)}/${what}`;
  const asking = (what: 'evaluate' | 'sendLink' | 'link' | 'export' | 'erase') => ({
    label: DO[what].label,
    confirm: <p>{DO[what].confirm[lang]}</p>,
  });
  return (
    <Section id="actions" title={DO.title}>
      <ActionForm to={to('reevaluer')} {...asking('evaluate')} />
      {canBeSentLink && <ActionForm to={to('lien')} {...asking('sendLink')} />}
      <ActionForm to={to('lier')} {...asking('link')}>
        <Field name="other" label={DO.link.field} type="email" required />
      </ActionForm>
      {addresses
        .filter(({ own }) => !own)
        .map(({ key, address }) => (
          <ActionForm
            key={key}
            to={to('separer')}
            label={DO.unlink.label(address ?? key)}
            fields={{ other: key }}
            confirm={<p>{DO.unlink.confirm[lang]}</p>}
          />
        ))}
      <ActionForm to={to('exporter')} {...asking('export')} />
      <ActionForm to={to('effacer')} {...asking('erase')} danger>
        <Field name="address" label={DO.erase.field} type="email" required />
      </ActionForm>
    </Section>
  );
}

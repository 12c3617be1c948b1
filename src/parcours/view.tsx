import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { typesetFrench } from '../ops/shared/browser.js';
import { withoutMarks } from '../platform/invisible.js';
import { type AwardJson, missingOf, type Names, progressOf, stateOf } from './progress.js';

/** What every page says around its own words. */
export interface Frame {
  /** The scheme's name. */
  readonly scheme: string;
  /** Whom a person can write to; null: nobody was named. */
  readonly contact: string | null;
}

/** All that one person sees of themselves. */
export interface Parcours {
  /** The day it was read, in words. */
  readonly today: string;
  readonly addresses: readonly string[];
  readonly competencies: readonly { readonly id: string; readonly name: string }[];
  readonly awards: readonly AwardJson[];
  /** Badges that do not count: why, and what to do. */
  readonly excluded: readonly string[];
  readonly names: Names;
  readonly day: (atS: number) => string;
  /** Badges by the ids of their assertions, in words. */
  readonly badgeOf: ReadonlyMap<string, string>;
}

const PASSPORT = 'https://openbadgepassport.com';

/** A page as it is sent. */
export function renderPage(frame: Frame, title: string, body: ComponentChildren): string {
  const html = renderToString(
    <html lang="fr">
      <head>
        <meta charSet="utf-8" />
        <title>{`${title} - ${frame.scheme}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <link rel="stylesheet" href="/parcours/style.css" />
      </head>
      <body>
        <a class="skip" href="#contenu">
          Aller au contenu
        </a>
        <header class="top">{frame.scheme}</header>
        <main id="contenu" tabIndex={-1}>
          <h1>{title}</h1>
          {body}
        </main>
        <footer>
          {frame.contact === null ? (
            <p>Une question ? Demandez à l'organisme qui vous a remis vos badges.</p>
          ) : (
            <p>
              Une question, ou vos données à effacer ? Écrivez à{' '}
              <a href={`mailto:${frame.contact}`}>{frame.contact}</a>.
            </p>
          )}
        </footer>
      </body>
    </html>,
  );
  return `<!doctype html>${typesetFrench(withoutMarks(html))}`;
}

/** @param fault what was wrong with the address that was typed; null: nothing was typed */
export const AskView = ({ fault }: { readonly fault: string | null }): VNode => (
  <>
    <p>Des organismes vous remettent des badges : ils disent ce que vous savez faire.</p>
    <p>Quand vous en avez assez dans une compétence, la Région vous donne son propre badge.</p>
    <p>Cela se fait tout seul : vous n'avez rien à demander.</p>
    <p>Ici, vous voyez les badges obtenus, ce qui manque, et qui peut vous aider.</p>
    <p>Écrivez l'adresse où vous recevez vos badges : un lien vous y attend dans une minute.</p>
    <form method="post" action="/parcours/lien">
      {fault !== null && (
        <p class="error" id="faute" role="alert">
          {fault}
        </p>
      )}
      <label for="adresse">Votre adresse e-mail (exemple : prenom.nom@exemple.fr)</label>
      <input
        id="adresse"
        name="adresse"
        type="email"
        autocomplete="email"
        required
        maxLength={254}
        {...(fault === null ? {} : { 'aria-describedby': 'faute', 'aria-invalid': true })}
      />
      <button type="submit">Recevoir mon lien</button>
    </form>
  </>
);

export const SentView = (): VNode => (
  <>
    <p>Si cette adresse a reçu des badges, un message avec un lien arrive dans une minute.</p>
    <p>Le lien marche une seule fois, pendant 30 minutes.</p>
    <p>
      Rien n'arrive ? Regardez dans les indésirables. Essayez aussi l'adresse que connaît votre organisme.
    </p>
    <p>
      <a href="/parcours">Essayer une autre adresse</a>
    </p>
  </>
);

/** Opening takes a press: programs that check mails follow links, and would use it up. */
export const OpenView = ({ token }: { readonly token: string }): VNode => (
  <form method="post" action="/parcours/ouvrir">
    <p>Appuyez sur le bouton pour voir où vous en êtes.</p>
    <input type="hidden" name="jeton" value={token} />
    <button type="submit">Ouvrir ma page</button>
  </form>
);

/** A link or a session that opens nothing any more. */
export const EndedView = ({ why }: { readonly why: string }): VNode => (
  <>
    <p>{why}</p>
    <p>
      <a href="/parcours">Recevoir un nouveau lien</a>
    </p>
  </>
);

export function ParcoursView({ parcours, contact }: Omit<AwardProps, 'award'>): VNode {
  const { today, addresses, excluded } = parcours;
  const groups = groupsOf(parcours);
  return (
    <>
      <p>
        Voici où vous en êtes, le {today}. Adresse{addresses.length > 1 ? 's' : ''} : {addresses.join(', ')}.
      </p>
      <Glance groups={groups} />
      {groups.map(({ title, awards }) => (
        <section>
          <h2>{title}</h2>
          {awards.map((award) => (
            <Award award={award} parcours={parcours} contact={contact} />
          ))}
        </section>
      ))}
      {excluded.length > 0 && (
        <section>
          <h2>Ces badges ne comptent pas</h2>
          <ul>
            {excluded.map((line) => (
              <li>{line}</li>
            ))}
          </ul>
        </section>
      )}
      <h2>Vos données</h2>
      <p>
        <a href="/parcours/moi.json" download="mon-parcours.json">
          Télécharger tout ce qui est gardé sur vous
        </a>
        {contact !== null && '. Pour tout faire effacer, écrivez à '}
        {contact !== null && <a href={`mailto:${contact}`}>{contact}</a>}.
      </p>
      <form method="post" action="/parcours/fermer">
        <button type="submit">Quitter</button>
      </form>
    </>
  );
}

/** The awards of one competency, or all others. */
interface Group {
  readonly title: string;
  readonly isCompetency: boolean;
  readonly awards: readonly AwardJson[];
}

function groupsOf({ awards, competencies }: Parcours): readonly Group[] {
  const of = competencies.map(({ id, name }) => ({
    title: name,
    isCompetency: true,
    awards: awards.filter(({ competency }) => competency === id),
  }));
  const others = awards.filter(({ competency }) => !competencies.some(({ id }) => id === competency));
  const title = others.length < awards.length ? 'Et aussi' : 'Vos badges Région';
  return [...of, { title, isCompetency: false, awards: others }].filter((group) => group.awards.length > 0);
}

/** Every competency and level, and each other award, at once: drawn, and in words beside it. */
function Glance({ groups }: { readonly groups: readonly Group[] }): VNode | null {
  const awards = groups.flatMap((group) => group.awards);
  const levels = [...new Set(awards.flatMap(({ level }) => level ?? []))].toSorted((a, b) => a - b);
  if (!groups.some(({ isCompetency }) => isCompetency)) return null;
  return (
    <table>
      <caption>Vos badges Région</caption>
      <thead>
        <tr>
          <th scope="col">Compétence</th>
          {levels.map((level) => (
            <th scope="col">Niveau {level}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {groups.map(({ title, isCompetency, awards: mine }) =>
          isCompetency ? (
            <tr>
              <th scope="row">{title}</th>
              {levels.map((level) => {
                const award = mine.find((one) => one.level === level);
                return <td>{award === undefined ? 'Rien' : <Bar award={award} />}</td>;
              })}
            </tr>
          ) : (
            mine.map((award) => (
              <tr>
                <th scope="row">{award.name}</th>
                <td colSpan={levels.length}>
                  <Bar award={award} />
                </td>
              </tr>
            ))
          ),
        )}
      </tbody>
    </table>
  );
}

const [WIDTH, HEIGHT] = [80, 12];

function Bar({ award }: { readonly award: AwardJson }): VNode {
  const { have, need } = award.status === 'held' ? { have: 1, need: 1 } : progressOf(award.rule);
  // Taken back by the Région: the badges of partners are still there, the award is not.
  const filled = need === 0 || award.status === 'blocked' ? 0 : Math.round((have / need) * (WIDTH - 2));
  return (
    <>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
        <rect class="empty" x={0.5} y={0.5} width={WIDTH - 1} height={HEIGHT - 1} />
        {filled > 0 && <rect class="full" x={1} y={1} width={filled} height={HEIGHT - 2} />}
      </svg>
      {stateOf(award)}
      {award.status === 'not_met' && ` : ${have} sur ${need}`}
    </>
  );
}

interface AwardProps {
  readonly award: AwardJson;
  readonly parcours: Parcours;
  readonly contact: string | null;
}

const Award = ({ award, parcours, contact }: AwardProps): VNode => (
  <>
    <h3>
      {award.name} ({stateOf(award).toLowerCase()})
    </h3>
    {award.status === 'held' ? (
      <Held award={award} parcours={parcours} />
    ) : award.status === 'not_met' ? (
      <Missing award={award} names={parcours.names} />
    ) : (
      <p>{STATUS_WORDS[award.status](award, contact)}</p>
    )}
  </>
);

const STATUS_WORDS: Readonly<
  Record<'due' | 'inactive' | 'blocked', (award: AwardJson, contact: string | null) => string>
> = {
  due: ({ waiting }) =>
    waiting
      ? 'Vous avez tous les badges demandés. La Région doit encore valider une nouvelle règle.'
      : 'Vous avez tous les badges demandés : le badge de la Région arrive par e-mail.',
  inactive: () => 'La Région ne donne pas ce badge en ce moment. Vos badges restent comptés.',
  blocked: (_, contact) =>
    `La Région vous a retiré ce badge. Pour savoir pourquoi, ${contact === null ? 'demandez-lui' : `écrivez à ${contact}`}.`,
};

function Held({ award, parcours: { badgeOf, day } }: Pick<AwardProps, 'award' | 'parcours'>): VNode {
  const { history, held_by: held, earned_by: earned } = award;
  const sinceS = history?.since_s ?? held?.issued_on_s ?? null;
  const ids = history?.earned_by ?? earned.map(({ assertion }) => assertion);
  const thanksTo = ids.flatMap((id) => badgeOf.get(id) ?? []);
  return (
    <>
      {sinceS !== null && <p>Vous avez ce badge depuis le {day(sinceS)}.</p>}
      {thanksTo.length > 0 && <List title="Grâce à :" items={thanksTo} />}
      <p>
        Pour le montrer : ouvrez l'e-mail reçu d'Open Badge Factory, acceptez le badge, et gardez-le dans{' '}
        <a href={PASSPORT}>Open Badge Passport</a>.
      </p>
    </>
  );
}

const List = ({ title, items }: { readonly title: string; readonly items: readonly string[] }): VNode => (
  <>
    <p>{title}</p>
    <ul>
      {items.map((item) => (
        <li>{item}</li>
      ))}
    </ul>
  </>
);

function Missing({ award, names }: { readonly award: AwardJson; readonly names: Names }): VNode {
  const help = award.would_help?.badges ?? [];
  return (
    <>
      <Bar award={award} />
      {missingOf(award.rule, names).map((sentence) => (
        <p>{sentence}</p>
      ))}
      {help.length > 0 && (
        <List
          title={help.length > 1 ? 'Ces badges vous aideraient :' : 'Ce badge vous aiderait :'}
          items={help.map(({ name, partner }) => `« ${name ?? 'Badge sans nom'} », chez ${partner}`)}
        />
      )}
      {award.would_help?.reach === 'beyond' && (
        <p>Aujourd'hui, trop peu de badges sont proposés pour y arriver. D'autres viendront.</p>
      )}
    </>
  );
}

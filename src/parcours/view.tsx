import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { typesetFrench } from '../ops/shared/browser.js';
import { withoutMarks } from '../platform/invisible.js';
import { type AwardJson, type Excluded, missingOf, type Names, progressOf, stateOf } from './progress.js';

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
  readonly excluded: readonly Excluded[];
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

export function ParcoursView({
  parcours,
  contact,
}: {
  readonly parcours: Parcours;
  readonly contact: string | null;
}): VNode {
  const { today, addresses, awards, excluded, competencies } = parcours;
  const others = awards.filter(({ competency }) => !competencies.some(({ id }) => id === competency));
  return (
    <>
      <p>
        Voici où vous en êtes, le {today}. Adresse{addresses.length > 1 ? 's' : ''} : {addresses.join(', ')}.
      </p>
      <Glance parcours={parcours} />
      {competencies.map(({ id, name }) => {
        const mine = awards.filter(({ competency }) => competency === id);
        return mine.length === 0 ? null : (
          <section>
            <h2>{name}</h2>
            {mine.map((award) => (
              <Award award={award} parcours={parcours} contact={contact} />
            ))}
          </section>
        );
      })}
      {others.length > 0 && (
        <section>
          <h2>{others.length < awards.length ? 'Et aussi' : 'Vos badges Région'}</h2>
          {others.map((award) => (
            <Award award={award} parcours={parcours} contact={contact} />
          ))}
        </section>
      )}
      {excluded.length > 0 && (
        <section>
          <h2>Ces badges ne comptent pas</h2>
          <ul>
            {excluded.map(({ badge, partner, why, advice }) => (
              <li>
                « {badge} », de {partner}, {why}. {advice}
              </li>
            ))}
          </ul>
        </section>
      )}
      <OwnData contact={contact} />
    </>
  );
}

const OwnData = ({ contact }: { readonly contact: string | null }): VNode => (
  <>
    <h2>Vos données</h2>
    <p>
      <a href="/parcours/moi.json" download="mon-parcours.json">
        Télécharger tout ce qui est gardé sur vous
      </a>
      {contact === null ? null : (
        <>
          . Pour tout faire effacer, écrivez à <a href={`mailto:${contact}`}>{contact}</a>
        </>
      )}
      .
    </p>
    <form method="post" action="/parcours/fermer">
      <button type="submit">Quitter</button>
    </form>
  </>
);

/** Every competency and level at once: drawn, and in words beside it. */
function Glance({ parcours: { awards, competencies } }: { readonly parcours: Parcours }): VNode | null {
  const levels = [...new Set(awards.flatMap(({ level }) => level ?? []))].toSorted((a, b) => a - b);
  const rows = competencies.filter(({ id }) => awards.some(({ competency }) => competency === id));
  if (rows.length === 0) return null;
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
        {rows.map(({ id, name }) => (
          <tr>
            <th scope="row">{name}</th>
            {levels.map((level) => {
              const award = awards.find((one) => one.competency === id && one.level === level);
              return <td>{award === undefined ? 'Rien' : <Bar award={award} />}</td>;
            })}
          </tr>
        ))}
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

function Award({ award, parcours, contact }: AwardProps): VNode {
  return (
    <>
      <h3>
        {award.name} ({stateOf(award).toLowerCase()})
      </h3>
      {award.status === 'held' ? (
        <Held award={award} parcours={parcours} />
      ) : award.status === 'not_met' ? (
        <>
          <Bar award={award} />
          <Missing award={award} names={parcours.names} />
        </>
      ) : (
        <p>{STATUS_WORDS[award.status](award, contact)}</p>
      )}
    </>
  );
}

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
      {thanksTo.length > 0 && (
        <>
          <p>Grâce à :</p>
          <ul>
            {thanksTo.map((badge) => (
              <li>{badge}</li>
            ))}
          </ul>
        </>
      )}
      <p>
        Pour le montrer : ouvrez l'e-mail reçu d'Open Badge Factory, acceptez le badge, et gardez-le dans{' '}
        <a href={PASSPORT}>Open Badge Passport</a>.
      </p>
    </>
  );
}

function Missing({ award, names }: { readonly award: AwardJson; readonly names: Names }): VNode {
  const help = award.would_help?.badges ?? [];
  return (
    <>
      {missingOf(award.rule, names).map((sentence) => (
        <p>{sentence}</p>
      ))}
      {help.length > 0 && (
        <>
          <p>{help.length > 1 ? 'Ces badges vous aideraient :' : 'Ce badge vous aiderait :'}</p>
          <ul>
            {help.map(({ name, badge, partner }) => (
              <li>
                « {name ?? badge} », chez {partner}
              </li>
            ))}
          </ul>
        </>
      )}
      {award.would_help?.reach === 'beyond' && (
        <p>Aujourd'hui, trop peu de badges sont proposés pour y arriver. D'autres viendront.</p>
      )}
    </>
  );
}

import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { typesetFrench } from '../ops/shared/browser.js';
import { awardGrid } from '../ops/shared/explain-person.js';
import { stripFormatMarks } from '../platform/invisible.js';
import type { Parcours, ParcoursAward } from './progress.js';

interface ParcoursFrame {
  readonly scheme: string;
  /** The mail address for questions; null: none is configured. */
  readonly contact: string | null;
}

export function renderParcoursPage(frame: ParcoursFrame, title: string, body: ComponentChildren): string {
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
  return `<!doctype html>${typesetFrench(stripFormatMarks(html))}`;
}

/** @param fault what is wrong with the typed address; null: none was typed */
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

/** Opening takes a button: programs that scan mails follow links, and would use the token. */
export const OpenView = ({ token }: { readonly token: string }): VNode => (
  <form method="post" action="/parcours/ouvrir">
    <p>Appuyez sur le bouton pour voir où vous en êtes.</p>
    <input type="hidden" name="jeton" value={token} />
    <button type="submit">Ouvrir ma page</button>
  </form>
);

export const EndedView = ({ why }: { readonly why: string }): VNode => (
  <>
    <p>{why}</p>
    <p>
      <a href="/parcours">Recevoir un nouveau lien</a>
    </p>
  </>
);

interface ParcoursProps {
  readonly parcours: Parcours;
  readonly contact: string | null;
}

export function ParcoursView({ parcours, contact }: ParcoursProps): VNode {
  const { today, addresses, excluded } = parcours;
  return (
    <>
      <p>
        Voici où vous en êtes, le {today}. Adresse{addresses.length > 1 ? 's' : ''} : {addresses.join(', ')}.
      </p>
      <Glance {...parcours} />
      {groupsOf(parcours).map(([title, awards]) => (
        <section>
          <h2>{title}</h2>
          {awards.map((award) => (
            <Award {...award} contact={contact} />
          ))}
        </section>
      ))}
      {excluded.length > 0 && (
        <section>
          <h2>Ces badges ne comptent pas</h2>
          <List items={excluded} />
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

/** The awards of each competency, then all others. */
function groupsOf({ awards, scheme }: Parcours): (readonly [title: string, awards: ParcoursAward[]])[] {
  const competencies = [...scheme.competencies.values()];
  const groups = competencies.map(
    ({ id, name }) => [name, awards.filter(({ award }) => award.competency === id)] as const,
  );
  const others = awards.filter(({ award }) => !competencies.some(({ id }) => award.competency === id));
  const title = others.length < awards.length ? 'Et aussi' : 'Vos badges Région';
  return [...groups, [title, others] as const].filter(([, inGroup]) => inGroup.length > 0);
}

/** Shows all awards at once, as bars and in words: a row for each competency, then the other awards. */
function Glance({ awards, scheme }: Parcours): VNode {
  const { levels, rows, others } = awardGrid(scheme, awards);
  return (
    <table>
      <caption>Vos badges Région</caption>
      {rows.length > 0 && (
        <thead>
          <tr>
            <th scope="col">Compétence</th>
            {levels.map((level) => (
              <th scope="col">Niveau {level}</th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map(({ name, cells }) => (
          <tr>
            <th scope="row">{name}</th>
            {cells.map((inCell) => (
              <td>{inCell.length === 0 ? '–' : inCell.map((one) => <Bar {...one} />)}</td>
            ))}
          </tr>
        ))}
        {others.map((one) => (
          <tr>
            <th scope="row">{one.award.name}</th>
            <td colSpan={Math.max(1, levels.length)}>
              <Bar {...one} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const [WIDTH, HEIGHT] = [80, 12];

function Bar({ status, state, progress: { have, need } }: ParcoursAward): VNode {
  // A revoked award has an empty bar, though the partners' badges still count.
  const filled = need === 0 || status === 'blocked' ? 0 : Math.round((have / need) * (WIDTH - 2));
  return (
    <div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
        <rect class="empty" x={0.5} y={0.5} width={WIDTH - 1} height={HEIGHT - 1} />
        {filled > 0 && <rect class="full" x={1} y={1} width={filled} height={HEIGHT - 2} />}
      </svg>
      {state}
      {status === 'not_met' && ` : ${have} sur ${need}`}
    </div>
  );
}

function Award({ contact, ...one }: ParcoursAward & Pick<ParcoursProps, 'contact'>): VNode {
  const detail = {
    held: () => <Held {...one} />,
    not_met: () => <Missing {...one} />,
    due: () =>
      one.waiting
        ? 'Vous avez tous les badges demandés. La Région doit encore valider une nouvelle règle.'
        : 'Vous avez tous les badges demandés : le badge de la Région arrive par e-mail.',
    inactive: () => 'La Région ne donne pas ce badge en ce moment. Vos badges restent comptés.',
    blocked: () =>
      `La Région vous a retiré ce badge. Pour savoir pourquoi, ${contact === null ? 'demandez-lui' : `écrivez à ${contact}`}.`,
  }[one.status]();
  return (
    <>
      <h3>
        {one.award.name} ({one.state.toLowerCase()})
      </h3>
      {typeof detail === 'string' ? <p>{detail}</p> : detail}
    </>
  );
}

const Held = ({ since, thanksTo }: ParcoursAward): VNode => (
  <>
    {since !== null && <p>Vous avez ce badge depuis le {since}.</p>}
    {thanksTo.length > 0 && <p>Grâce à :</p>}
    <List items={thanksTo} />
    <p>
      Pour le montrer : ouvrez l'e-mail reçu d'Open Badge Factory, acceptez le badge, et gardez-le dans{' '}
      <a href="https://openbadgepassport.com">Open Badge Passport</a>.
    </p>
  </>
);

const List = ({ items }: { readonly items: readonly string[] }): VNode | null =>
  items.length === 0 ? null : (
    <ul>
      {items.map((item) => (
        <li>{item}</li>
      ))}
    </ul>
  );

const Missing = ({ missing, help, isBeyond }: ParcoursAward): VNode => (
  <>
    {missing.map((sentence) => (
      <p>{sentence}</p>
    ))}
    {help.length > 0 && (
      <p>{help.length > 1 ? 'Ces badges vous aideraient :' : 'Ce badge vous aiderait :'}</p>
    )}
    <List items={help} />
    {isBeyond && <p>Aujourd'hui, trop peu de badges sont proposés pour y arriver. D'autres viendront.</p>}
  </>
);

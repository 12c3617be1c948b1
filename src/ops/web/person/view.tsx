import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { Alert } from '../parts/alert.js';
import { Instant } from '../parts/told.js';
import type { View } from '../route.js';
import { Actions } from './actions-view.js';
import { Addresses } from './addresses-view.js';
import { GridPart } from './grid-view.js';
import { SEARCH } from './links.js';
import type { KnownPerson, PersonModel } from './read.js';
import { TimelinePart } from './timeline-view.js';
import { WhyPart } from './why-view.js';
import { PERSON } from './words.js';

export const PersonView: View<PersonModel> = ({ model, lang }): VNode => (
  <>
    <p>
      <a href={SEARCH}>{PERSON.another[lang]}</a>
    </p>
    {model.kind === 'unknown' ? <Unknown model={model} lang={lang} /> : <Known model={model} lang={lang} />}
  </>
);

function Unknown({ model, lang }: { readonly model: PersonModel; readonly lang: Lang }): VNode {
  return (
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
  );
}

export interface PersonProps {
  readonly model: KnownPerson;
  readonly lang: Lang;
}

function Known({ model, lang }: PersonProps): VNode {
  return (
    <>
      {model.being === 'erasing' && <Alert kind="bad">{PERSON.erasing[lang]}</Alert>}
      {model.paused && <Alert kind="note">{PERSON.paused[lang]}</Alert>}
      {model.evaluation !== 'none' && <Alert kind="note">{PERSON.evaluation[model.evaluation][lang]}</Alert>}
      <GridPart model={model} lang={lang} />
      <WhyPart model={model} lang={lang} />
      <TimelinePart model={model} lang={lang} />
      <Addresses model={model} lang={lang} />
      <Actions model={model} lang={lang} />
    </>
  );
}

import type { VNode } from 'preact';
import type { StoredPlan } from '../../../scheme/plan-store.js';
import { hasRole, useFrame } from '../layout/frame.js';
import { ActionForm } from '../parts/action-form.js';
import { Choice } from '../parts/field.js';
import { APPLY, issuesWords } from './apply-words.js';
import { APPLY_ACTION } from './links.js';
import { LastApply } from './last-apply-view.js';
import type { SchemeProps } from './view.js';

/** Puts into force what the plan above tells of, and says how that goes. */
export function ApplyPartView({ model, lang }: SchemeProps): VNode {
  return (
    <section aria-labelledby="mise-en-vigueur">
      <h2 id="mise-en-vigueur">{APPLY.title[lang]}</h2>
      <ApplyForm model={model} lang={lang} />
      <LastApply apply={model.apply} lang={lang} />
    </section>
  );
}

function ApplyForm({ model, lang }: SchemeProps): VNode | null {
  const { user } = useFrame();
  const { plan, apply, change, unfinished } = model;
  const { made, only, outdated } = plan;
  if (apply.moves || !hasRole(user, 'operateur')) return null;
  if (made === null || outdated) return <p>{APPLY.noPlan[lang]}</p>;
  if (change === null && unfinished === null && made.issues === 0) return <p>{APPLY.nothing[lang]}</p>;
  return (
    <ActionForm
      to={APPLY_ACTION}
      label={APPLY[change === null ? 'labelLeft' : 'label'][lang]}
      fields={{ version: made.version, badge: only ?? '', upto: made.issues }}
      confirm={
        <>
          <p>
            <strong>{issuesWords(made.issues, made.gainers)[lang]}.</strong>
          </p>
          <p>{APPLY.once[lang]}</p>
        </>
      }
    >
      <Choices made={made} quiet={unfinished?.quiet === true} lang={lang} />
    </ActionForm>
  );
}

interface ChoicesProps {
  readonly made: StoredPlan;
  /** What was begun goes on without e-mails. */
  readonly quiet: boolean;
  readonly lang: SchemeProps['lang'];
}

const Choices = ({ made, quiet, lang }: ChoicesProps): VNode => (
  <>
    <Choice
      name="email"
      label={APPLY.email[lang]}
      value={quiet ? 'no' : 'yes'}
      options={[
        { value: 'yes', label: APPLY.emailYes[lang] },
        { value: 'no', label: APPLY.emailNo[lang] },
      ]}
      required
    />
    {made.quotaShort > 0 && (
      <Choice
        name="quota"
        label={APPLY.quota[lang]}
        value="stop"
        options={[
          { value: 'stop', label: APPLY.quotaStop[lang] },
          { value: 'over', label: APPLY.quotaOver[lang] },
        ]}
        required
      />
    )}
  </>
);

import type { VNode } from 'preact';
import type { Lang, Localized } from '../../shared/words.js';
import { Alert } from '../parts/alert.js';
import { Field } from '../parts/field.js';
import { SIGN_IN } from './words.js';

export interface SignInModel {
  readonly hasPasswords: boolean;
  readonly hasOidc: boolean;
  /** As it was typed. */
  readonly name: string;
  readonly fault: Localized | null;
  readonly returnTo: string;
  readonly signedOut: boolean;
}

export function SignInView({ model, lang }: { readonly model: SignInModel; readonly lang: Lang }): VNode {
  return (
    <>
      {model.signedOut && <Alert kind="good">{SIGN_IN.signedOut[lang]}</Alert>}
      {model.fault !== null && <Alert kind="bad">{model.fault[lang]}</Alert>}
      {model.hasPasswords && <PasswordForm model={model} lang={lang} />}
      {model.hasPasswords && model.hasOidc && <p>{SIGN_IN.or[lang]}</p>}
      {model.hasOidc && (
        <p>
          <a class="button" href={`/ops/oidc/depart?suite=${encodeURIComponent(model.returnTo)}`}>
            {SIGN_IN.oidc[lang]}
          </a>
        </p>
      )}
    </>
  );
}

function PasswordForm({ model, lang }: { readonly model: SignInModel; readonly lang: Lang }): VNode {
  return (
    <form method="post" action="/ops/connexion" class="narrow">
      <input type="hidden" name="suite" value={model.returnTo} />
      <Field
        name="name"
        label={SIGN_IN.name[lang]}
        value={model.name}
        autocomplete="username"
        maxLength={200}
        required
      />
      <Field
        name="password"
        type="password"
        label={SIGN_IN.password[lang]}
        autocomplete="current-password"
        maxLength={1024}
        required
      />
      <button type="submit">{SIGN_IN.submit[lang]}</button>
    </form>
  );
}

/** Between the identity provider and our first page, which a cookie that is `Strict` reaches from here alone. */
export function GoOnView({ to, lang }: { readonly to: string; readonly lang: Lang }): VNode {
  return (
    <p>
      <a href={to}>{SIGN_IN.goOn[lang]}</a>
    </p>
  );
}

import type { VNode } from 'preact';
import type { Localized } from '../../shared/words.js';
import { Field } from '../parts/form.js';
import { useFrame } from '../parts/frame.js';
import { Alert } from '../parts/text.js';
import type { View } from '../route.js';
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

export const SignInView: View<SignInModel> = ({ model, lang }) => (
  <>
    {model.signedOut && <Alert kind="good">{SIGN_IN.signedOut}</Alert>}
    {model.fault !== null && <Alert kind="bad">{model.fault}</Alert>}
    {model.hasPasswords && (
      <form method="post" action="/ops/connexion" class="narrow">
        <input type="hidden" name="suite" value={model.returnTo} />
        <Field
          name="name"
          label={SIGN_IN.name}
          value={model.name}
          autocomplete="username"
          maxLength={200}
          required
        />
        <Field
          name="password"
          type="password"
          label={SIGN_IN.password}
          autocomplete="current-password"
          maxLength={1024}
          required
        />
        <button type="submit">{SIGN_IN.submit[lang]}</button>
      </form>
    )}
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

/** Between the identity provider and our first page, which the `Strict` cookie reaches from here alone. */
export const GoOnView = ({ to }: { readonly to: string }): VNode => (
  <p>
    <a href={to}>{SIGN_IN.goOn[useFrame().lang]}</a>
  </p>
);

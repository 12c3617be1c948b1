import type { VNode } from 'preact';
import { Field } from '../parts/form.js';
import { Alert, LinkLine, P } from '../parts/text.js';
import type { PageAnswer } from '../route.js';

/** A path below `/ops` and its query; no host, no backslash, no space. */
const OURS = /^\/ops([/?][\x21-\x5b\x5d-\x7e]*)?$/;
const LONGEST = 1000;

/** Where somebody wanted to go before signing in: a page of ours, or the first one. */
export const returnTo = (asked: string | null): string =>
  asked !== null && asked.length <= LONGEST && OURS.test(asked) ? asked : '/ops';

export const signInPath = (from: string): string =>
  from === '/ops' ? '/ops/connexion' : `/ops/connexion?suite=${encodeURIComponent(returnTo(from))}`;

export interface SignInModel {
  readonly hasPasswords: boolean;
  readonly hasOidc: boolean;
  /** As it was typed. */
  readonly name: string;
  readonly fault: string | null;
  readonly returnTo: string;
  readonly signedOut: boolean;
}

export const SignInView = (model: SignInModel): VNode => (
  <>
    {model.signedOut && <Alert kind="good">Vous êtes déconnecté.</Alert>}
    {model.fault !== null && <Alert kind="bad">{model.fault}</Alert>}
    {model.hasPasswords && (
      <form method="post" action="/ops/connexion" class="narrow">
        <input type="hidden" name="suite" value={model.returnTo} />
        <Field name="name" label="Nom" value={model.name} autocomplete="username" maxLength={200} required />
        <Field
          name="password"
          type="password"
          label="Mot de passe"
          autocomplete="current-password"
          maxLength={1024}
          required
        />
        <button type="submit">Se connecter</button>
      </form>
    )}
    {model.hasPasswords && model.hasOidc && <P say="ou" />}
    {model.hasOidc && (
      <p>
        <a class="button" href={`/ops/oidc/depart?suite=${encodeURIComponent(model.returnTo)}`}>
          Se connecter avec le compte de votre organisation
        </a>
      </p>
    )}
  </>
);

/**
 * A page that sends the browser on by itself. Through a redirect that another site began, a browser keeps our
 * `SameSite=Strict` session cookie back to its end.
 */
export const goOnPage = (to: string, title: string): PageAnswer => ({
  kind: 'page',
  status: 200,
  title,
  body: <LinkLine href={to} say="Continuer" />,
  onTo: to,
});

import * as client from 'openid-client';
import { z } from 'zod';
import type { OidcConfig } from '../../../config.js';
import type { Identity } from './sessions.js';

/** State and nonce that the provider must return, and the PKCE verifier of its answer. */
export const loginState = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() });
type LoginState = z.output<typeof loginState>;

export type Oidc = ReturnType<typeof createOidc>;

/** The longest call to the provider, seconds: a user waits. */
const TIMEOUT_S = 5;

/** Signs in at the identity provider: authorization code, PKCE, state, nonce. Calls it only once a user signs in. */
export function createOidc(settings: OidcConfig) {
  let discovered: Promise<client.Configuration> | null = null;
  const discover = (): Promise<client.Configuration> => {
    discovered ??= discovery(settings).catch((error: unknown) => {
      discovered = null;
      throw error;
    });
    return discovered;
  };
  return {
    /** Returns the provider's sign-in URL, and the state to keep. @throws when the provider does not answer */
    async begin() {
      const config = await discover();
      const verifier = client.randomPKCECodeVerifier();
      const login: LoginState = { state: client.randomState(), nonce: client.randomNonce(), verifier };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: settings.redirectUrl,
        scope: settings.scopes,
        state: login.state,
        nonce: login.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, login };
    },
    /**
     * Exchanges the provider's answer for an identity.
     * @param answer the query with which the provider sent the browser back
     * @throws when the answer or a token is not valid for this sign-in
     */
    async finish(answer: URLSearchParams, { state, nonce, verifier }: LoginState) {
      const config = await discover();
      const url = new URL(settings.redirectUrl);
      url.search = answer.toString();
      const tokens = await client.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const identity = await identityOf(config, tokens, settings.trustEmail);
      return { identity, idToken: tokens.id_token ?? null };
    },
    /** Returns the provider's sign-out URL; null: it has none, or does not answer. */
    async signOutUrl(idToken: string): Promise<string | null> {
      const config = await discover().catch(() => null);
      if (config?.serverMetadata().end_session_endpoint === undefined) return null;
      return client.buildEndSessionUrl(config, {
        id_token_hint: idToken,
        post_logout_redirect_uri: new URL('/ops/connexion', settings.redirectUrl).href,
        state: client.randomState(),
      }).href;
    },
  };
}

/** Discovers the provider. Every token's signature is checked, also where the standard lets TLS suffice. */
const discovery = ({ issuer, clientId, clientSecret }: OidcConfig): Promise<client.Configuration> =>
  client.discovery(new URL(issuer), clientId, clientSecret, authentication(clientSecret), {
    timeout: TIMEOUT_S,
    execute: [
      client.enableNonRepudiationChecks,
      // The configuration accepts http for this machine only.
      ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
    ],
  });

/** Sends the secret in the form, as ProConnect wants; in the header when the provider supports no form. */
function authentication(secret: string): client.ClientAuth {
  const [inForm, inHeader] = [client.ClientSecretPost(secret), client.ClientSecretBasic(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_post') ? inForm : inHeader)(server, ...rest);
  };
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

/** Reads the user's identity. ProConnect gives the address at its userinfo endpoint; others, in the token. */
async function identityOf(
  config: client.Configuration,
  tokens: Tokens,
  trustEmail: boolean,
): Promise<Identity> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('The identity provider sent no ID token');
  const { sub } = claims;
  const needsUserInfo =
    config.serverMetadata().userinfo_endpoint !== undefined && claims['email'] === undefined;
  const { email, email_verified: verified } = needsUserInfo
    ? await client.fetchUserInfo(config, tokens.access_token, sub)
    : claims;
  // "false", 0 or null prove nothing; OIDC_TRUST_EMAIL trusts a provider without this claim.
  const isVerified = verified === true || (verified === undefined && trustEmail);
  return { sub, email: typeof email === 'string' && isVerified ? email : null };
}

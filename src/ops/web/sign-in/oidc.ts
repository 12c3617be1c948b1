import * as client from 'openid-client';
import { z } from 'zod';
import type { OidcConfig } from '../../../config.js';
import type { Identity } from './sessions.js';

/** What must come back from the provider, and what opens its answer. */
export const loginState = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() });
type LoginState = z.output<typeof loginState>;

export type Oidc = ReturnType<typeof createOidc>;

/** One call to the provider, seconds: somebody is waiting. */
const TIMEOUT_S = 5;

/** Sign-in at the identity provider: authorization code, PKCE, state and nonce. Asks it nothing before somebody signs in. */
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
    /** Where the browser goes. @throws when the provider does not answer */
    async begin(): Promise<{ readonly url: string; readonly login: LoginState }> {
      const config = await discover();
      const verifier = client.randomPKCECodeVerifier();
      const login = { state: client.randomState(), nonce: client.randomNonce(), verifier };
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
     * @param answer the query that the browser came back with
     * @throws when anything of the answer, or of the provider's token, is not what was asked for
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
    /** Where to sign out at the provider; null: it has no such place, or does not answer. */
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

/** The signature of every token is checked, also where TLS alone would do. */
const discovery = ({ issuer, clientId, clientSecret }: OidcConfig): Promise<client.Configuration> =>
  client.discovery(new URL(issuer), clientId, clientSecret, authentication(clientSecret), {
    timeout: TIMEOUT_S,
    execute: [
      client.enableNonRepudiationChecks,
      // The configuration allows http to this machine alone.
      ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
    ],
  });

/** The secret goes in the form, as ProConnect wants it, unless the provider knows the header alone. */
function authentication(secret: string): client.ClientAuth {
  const [inForm, inHeader] = [client.ClientSecretPost(secret), client.ClientSecretBasic(secret)];
  return (server, ...rest) => {
    const known = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (known.includes('client_secret_post') ? inForm : inHeader)(server, ...rest);
  };
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

/** ProConnect sends the address in the signed answer of its userinfo endpoint only; others in the token. */
async function identityOf(
  config: client.Configuration,
  tokens: Tokens,
  trustEmail: boolean,
): Promise<Identity> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('The identity provider sent no ID token');
  const { sub } = claims;
  const asked = config.serverMetadata().userinfo_endpoint !== undefined && claims['email'] === undefined;
  const { email, email_verified: verified } = asked
    ? await client.fetchUserInfo(config, tokens.access_token, sub)
    : claims;
  // "false", 0 or null are no proof; trusting an issuer that is silent is the configuration's choice.
  const vouched = verified === true || (verified === undefined && trustEmail);
  return { sub, email: typeof email === 'string' && vouched ? email : null };
}

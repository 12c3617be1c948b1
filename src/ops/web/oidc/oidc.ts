import * as client from 'openid-client';
import type { OidcConfig } from '../../../config.js';
import type { Identity } from '../session/accounts.js';
import type { Trip } from './trip.js';

/** Signing in at the identity provider: authorization code, PKCE, state and nonce. */
export interface Oidc {
  /**
   * Where the browser goes, and what must be known when it is back.
   * @throws when the provider does not answer
   */
  begin(): Promise<{ readonly url: string; readonly trip: Omit<Trip, 'returnTo'> }>;
  /**
   * @param answer what follows `?` in the address that the browser came back to
   * @throws when anything of the answer, or of the provider's token, is not what was asked for
   */
  finish(
    answer: URLSearchParams,
    trip: Trip,
  ): Promise<{ readonly identity: Identity; readonly idToken: string | null }>;
  /** Where to sign out at the provider as well; null: it has no such place, or does not answer. */
  leave(idToken: string): Promise<string | null>;
}

/** One call to the provider, seconds: somebody is waiting. */
const TIMEOUT_S = 5;

/** Nothing is asked of the provider before somebody signs in. */
export function createOidc(settings: OidcConfig): Oidc {
  const discovered = remembered(() => discover(settings));
  return {
    async begin() {
      const config = await discovered();
      const verifier = client.randomPKCECodeVerifier();
      const trip = { state: client.randomState(), nonce: client.randomNonce(), verifier };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: settings.redirectUrl,
        scope: settings.scopes,
        state: trip.state,
        nonce: trip.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, trip };
    },
    async finish(answer, { state, nonce, verifier }) {
      const config = await discovered();
      const url = new URL(settings.redirectUrl);
      url.search = answer.toString();
      const tokens = await client.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      return { identity: await identityOf(config, tokens), idToken: tokens.id_token ?? null };
    },
    async leave(idToken) {
      const config = await discovered().catch(() => null);
      if (config?.serverMetadata().end_session_endpoint === undefined) return null;
      return client.buildEndSessionUrl(config, {
        id_token_hint: idToken,
        post_logout_redirect_uri: new URL('/ops/connexion', settings.redirectUrl).href,
        state: client.randomState(),
      }).href;
    },
  };
}

/** Made when it is first asked for, and kept; made again after a failure. */
function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

/** The signature of every token is checked, also where TLS alone would do. */
const discover = ({ issuer, clientId, clientSecret }: OidcConfig): Promise<client.Configuration> =>
  client.discovery(new URL(issuer), clientId, clientSecret, authentication(clientSecret), {
    timeout: TIMEOUT_S,
    execute: [
      client.enableNonRepudiationChecks,
      // The configuration lets http through to this machine alone.
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

/** ProConnect tells the address in the signed answer of its userinfo endpoint only; others in the token. */
async function identityOf(config: client.Configuration, tokens: Tokens): Promise<Identity> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('The identity provider sent no ID token');
  const { sub } = claims;
  const asked = config.serverMetadata().userinfo_endpoint !== undefined && claims['email'] === undefined;
  const told = asked ? await client.fetchUserInfo(config, tokens.access_token, sub) : claims;
  const email = told['email'];
  // An address that the provider itself does not vouch for is nobody's.
  const vouched = typeof email === 'string' && told['email_verified'] !== false;
  return { sub, email: vouched ? email : null };
}

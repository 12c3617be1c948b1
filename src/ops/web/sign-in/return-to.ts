/** A path below `/ops`, and what follows it; no host, no backslash, no space. */
const OURS = /^\/ops([/?][\x21-\x5b\x5d-\x7e]*)?$/;
const LONGEST = 1000;

/** Where somebody wanted to go before they had to sign in: a page of ours, or the first one. */
export const returnTo = (asked: string | null): string =>
  asked !== null && asked.length <= LONGEST && OURS.test(asked) ? asked : '/ops';

export const signInPath = (from: string): string =>
  from === '/ops' ? '/ops/connexion' : `/ops/connexion?suite=${encodeURIComponent(returnTo(from))}`;

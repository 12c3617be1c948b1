import type { z } from 'zod';
import {
  type ConfigFault,
  accounts,
  darkColour,
  imageFile,
  nameOfPerson,
  people,
  publicOrigin,
  type Role,
  scopes,
  secretText,
  secureUrl,
  shortText,
  value,
  whole,
} from './config-values.js';

/** How Palier is watched from outside. */
export interface WatchConfig {
  /** Of `/metrics`; null: there is no such address. */
  readonly metricsToken: string | null;
  /** Whether jobs leave spans. Where they go is for the OpenTelemetry SDK, which reads the same variable. */
  readonly tracing: boolean;
}

/** What RFC 6750 lets a bearer token hold; long enough not to be guessed. */
const bearerToken = (text: string): string | null => (/^[\w.~+/-]{16,}=*$/.test(text) ? text : null);

const webUrl = (text: string): string | null =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : null;

/** Both optional. */
export const watchVariables = {
  METRICS_TOKEN: value(
    bearerToken,
    'au moins 16 lettres, chiffres ou « - . _ ~ + / » (« openssl rand -hex 32 » en fait un)',
    'at least 16 letters, digits or "- . _ ~ + /" ("openssl rand -hex 32" makes one)',
  ).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: value(
    webUrl,
    'une adresse http ou https est attendue',
    'an http or https address is expected',
  ).optional(),
};

type WatchVariables = z.output<z.ZodObject<typeof watchVariables>>;

export const watchConfigOf = (v: WatchVariables): WatchConfig => ({
  metricsToken: v.METRICS_TOKEN ?? null,
  tracing: v.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
});

const switched = (on: boolean): string => (on ? 'on' : 'off');

/** For a reader: neither the token nor where spans go. */
export const describeWatch = ({ metricsToken, tracing }: WatchConfig): Readonly<Record<string, string>> => ({
  metrics: switched(metricsToken !== null),
  tracing: switched(tracing),
});

/** Sign-in by OpenID Connect: whom it is asked of, and who may enter. */
export interface OidcConfig {
  /** https, or http to this machine. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUrl: string;
  readonly scopes: string;
  /** An address without `email_verified` is believed: the issuer is known to verify them. */
  readonly trustEmail: boolean;
  /** Nobody else of the issuer gets in. */
  readonly people: readonly OidcPerson[];
}

/** Somebody whom the issuer knows, and who is let in. */
export interface OidcPerson {
  /** Their e-mail address, or their `sub`. */
  readonly entry: string;
  /** As logs and the account call them: see `nameOfPerson`. */
  readonly by: string;
  readonly role: Role;
}

/** How the ops pages look, and who is let in besides the accounts of `OPS_USERS`. */
export interface OpsConfig {
  readonly oidc: OidcConfig | null;
  readonly name: string;
  /** Path of an svg or png file. */
  readonly logo: string | null;
  /** `#rrggbb`; white text on it can be read. */
  readonly colour: string;
  /** Scheme and host that people see, without a path; null: as the request says. */
  readonly publicUrl: string | null;
  /** How many proxies of ours stand before `web`. */
  readonly trustProxy: number;
}

/** The earner's own pages, and the mail server that their links leave by. */
export interface ParcoursConfig {
  readonly publicUrl: string;
  /** `smtp://` or `smtps://`, with user and password. */
  readonly smtpUrl: string;
  readonly from: string;
  /** Whom a person can write to; null: nobody was named. */
  readonly contact: string | null;
  readonly trustProxy: number;
}

const CALLBACK = '/ops/oidc/retour';

/** The variables of the ops pages, all of them optional. */
export const opsVariables = {
  OPS_USERS: value(
    accounts,
    'des comptes « nom:empreinte » ou « nom:empreinte:rôle » (« npx palier hash-password » ; rôle : lecture ou operateur), chaque nom une fois, séparés par des virgules',
    '"name:hash" or "name:hash:role" accounts ("npx palier hash-password"; role: lecture or operateur), each name once, comma-separated',
  ).default([]),
  OIDC_ISSUER: value(
    secureUrl,
    'une adresse https est attendue (http seulement vers cette machine)',
    'an https address is expected (http for a loopback address only)',
  ).optional(),
  OIDC_CLIENT_ID: value(secretText, 'du texte sans espace', 'text without spaces').optional(),
  OIDC_CLIENT_SECRET: value(secretText, 'du texte sans espace', 'text without spaces').optional(),
  OIDC_REDIRECT_URL: value(
    (text) => (new URL(secureUrl(text) ?? 'x:').pathname === CALLBACK ? text : null),
    `une adresse https qui finit par ${CALLBACK} est attendue`,
    `an https address that ends with ${CALLBACK} is expected`,
  ).optional(),
  OIDC_SCOPES: value(
    scopes,
    'des mots séparés par des espaces, dont « openid »',
    'words with spaces between them, one of them "openid"',
  ).default('openid email'),
  OIDC_OPERATORS: value(
    people,
    'des adresses ou des identifiants (« sub »), séparés par des virgules',
    'addresses or "sub" values, comma-separated',
  ).default([]),
  OIDC_READERS: value(
    people,
    'des adresses ou des identifiants (« sub »), séparés par des virgules',
    'addresses or "sub" values, comma-separated',
  ).default([]),
  OIDC_TRUST_EMAIL: whole(0, 1).default(0),
  OPS_NAME: value(shortText, '60 caractères au plus', '60 characters at most').default('Palier'),
  OPS_LOGO: value(imageFile, 'un fichier .svg ou .png', 'an .svg or .png file').optional(),
  OPS_COLOUR: value(
    darkColour,
    "une couleur #rrggbb assez foncée pour qu'un texte blanc s'y lise (contraste 4,5:1)",
    'a colour #rrggbb dark enough for white text on it (contrast 4.5:1)',
  ).default('#1d4f72'),
  PUBLIC_URL: value(
    publicOrigin,
    'une adresse https sans chemin est attendue (http seulement vers cette machine)',
    'an https address without a path is expected (http for a loopback address only)',
  ).optional(),
  TRUST_PROXY: whole(0, 10).default(0),
  SMTP_URL: value(
    (text) => (/^smtps?:$/.test(urlOf(text)?.protocol ?? '') && urlOf(text)?.hostname !== '' ? text : null),
    'une adresse smtp:// ou smtps:// est attendue',
    'an smtp:// or smtps:// address is expected',
  ).optional(),
  MAIL_FROM: value(
    (text) => (/^[^\p{Cc}]*[^\s<>@]+@[^\s<>@]+>?$/u.test(text) ? text : null),
    'une adresse, ou « Nom <adresse> »',
    'an address, or "Name <address>"',
  ).optional(),
  PARCOURS_CONTACT: value(
    (text) => (/^[^\s<>@]+@[^\s<>@]+$/.test(text) ? text : null),
    'une adresse e-mail est attendue',
    'an e-mail address is expected',
  ).optional(),
};

type OpsVariables = z.output<z.ZodObject<typeof opsVariables>>;

/** @param v read without a fault, and without one of `opsFaults` */
export const opsConfigOf = (v: OpsVariables): OpsConfig => ({
  oidc: oidcOf(v),
  name: v.OPS_NAME,
  logo: v.OPS_LOGO ?? null,
  colour: v.OPS_COLOUR,
  publicUrl: v.PUBLIC_URL ?? null,
  trustProxy: v.TRUST_PROXY,
});

/** Null without `SMTP_URL`, `PUBLIC_URL` and `MAIL_FROM`: the earner's own pages do not exist. */
export function parcoursConfigOf(v: OpsVariables): ParcoursConfig | null {
  if (v.SMTP_URL === undefined || v.PUBLIC_URL === undefined || v.MAIL_FROM === undefined) return null;
  return {
    publicUrl: v.PUBLIC_URL,
    smtpUrl: v.SMTP_URL,
    from: v.MAIL_FROM,
    contact: v.PARCOURS_CONTACT ?? null,
    trustProxy: v.TRUST_PROXY,
  };
}

const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

function oidcOf(v: OpsVariables): OidcConfig | null {
  const redirectUrl = v.OIDC_REDIRECT_URL ?? (v.PUBLIC_URL === undefined ? null : v.PUBLIC_URL + CALLBACK);
  if (v.OIDC_ISSUER === undefined || v.OIDC_CLIENT_ID === undefined) return null;
  if (v.OIDC_CLIENT_SECRET === undefined || redirectUrl === null) return null;
  return {
    issuer: v.OIDC_ISSUER,
    clientId: v.OIDC_CLIENT_ID,
    clientSecret: v.OIDC_CLIENT_SECRET,
    redirectUrl,
    scopes: v.OIDC_SCOPES,
    trustEmail: v.OIDC_TRUST_EMAIL === 1,
    people: [...inRole(v.OIDC_OPERATORS, 'operateur'), ...inRole(v.OIDC_READERS, 'lecture')],
  };
}

const inRole = (entries: readonly string[], role: Role): readonly OidcPerson[] =>
  entries.map((entry) => ({ entry, by: nameOfPerson(entry), role }));

type Given = Readonly<Record<string, string | undefined>>;

/** What is missing beside `OIDC_ISSUER`, and names that two people would share. */
export const opsFaults = (given: Given): readonly ConfigFault[] => [
  ...missingForOidc(given),
  ...(given['SMTP_URL'] !== undefined && given['MAIL_FROM'] === undefined ? [MAIL_FROM_MISSING] : []),
  ...sharedNames(given),
];

const MAIL_FROM_MISSING: ConfigFault = {
  variable: 'MAIL_FROM',
  fr: 'SMTP_URL la demande',
  en: 'SMTP_URL needs it',
};

function missingForOidc(given: Given): readonly ConfigFault[] {
  if (given['OIDC_ISSUER'] === undefined) return [];
  const groups = [
    ['OIDC_CLIENT_ID'],
    ['OIDC_CLIENT_SECRET'],
    ['OIDC_REDIRECT_URL', 'PUBLIC_URL'],
    ['OIDC_OPERATORS', 'OIDC_READERS'],
  ];
  return groups
    .filter((names) => names.every((name) => given[name] === undefined))
    .map((names) => ({
      variable: names.join(', '),
      fr: names.length === 1 ? 'OIDC_ISSUER la demande' : 'OIDC_ISSUER demande une des deux',
      en: names.length === 1 ? 'OIDC_ISSUER needs it' : 'OIDC_ISSUER needs one of the two',
    }));
}

/** What a person does is written down under a name: it must be theirs alone. */
function sharedNames(given: Given): readonly ConfigFault[] {
  const names = [
    ...(accounts(given['OPS_USERS'] ?? '') ?? []).map(({ name }) => name),
    ...(people(given['OIDC_OPERATORS'] ?? '') ?? []),
    ...(people(given['OIDC_READERS'] ?? '') ?? []),
  ].map(nameOfPerson);
  if (new Set(names).size === names.length) return [];
  return [
    {
      variable: 'OPS_USERS, OIDC_OPERATORS, OIDC_READERS',
      fr: 'deux personnes y ont le même nom (ce qui précède « @ ») : on ne saurait pas laquelle a fait quoi',
      en: 'two people have the same name there (what stands before "@"): nobody would know who did what',
    },
  ];
}

/** For a reader: who is let in is counted, never shown. */
export const describeOps = ({
  oidc,
  publicUrl,
  trustProxy,
}: OpsConfig): Readonly<Record<string, string | number | boolean>> => ({
  ...(oidc === null
    ? {}
    : {
        oidcIssuer: new URL(oidc.issuer).host,
        oidcPeople: oidc.people.length,
        oidcTrustEmail: oidc.trustEmail,
      }),
  ...(publicUrl === null ? {} : { publicUrl }),
  trustProxy,
});

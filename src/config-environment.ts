import { z } from 'zod';
import {
  accounts,
  between,
  darkColour,
  httpsOnly,
  matching,
  obfBase,
  oneOf,
  orNull,
  palierKey,
  pairs,
  personList,
  publicOrigin,
  redisTarget,
  scopes,
  secretText,
  secureUrl,
  value,
  urlOf,
  webhookSecrets,
  whole,
  wordId,
  zone,
} from './config-values.js';

export interface BasicKey {
  readonly key: string;
  readonly secret: string;
}

/** Where the issuer sends people back to. */
export const CALLBACK = '/ops/oidc/retour';

/** Every variable: how it is read, what is expected of it, and what it is when it is not set. */
export const environment = z.object({
  REDIS_URL: value(
    redisTarget,
    'une adresse redis://, rediss:// ou redis-sentinel:// est attendue',
    'a redis://, rediss:// or redis-sentinel:// address is expected',
  ),
  PORT: whole(0, 65_535).default(3000),
  OBF_BASE_URL: httpsOnly(obfBase).default('https://openbadgefactory.com'),
  OBF_CLIENT_ID: wordId,
  OBF_CLIENT_SECRET: wordId,
  OBF_MAX_RPS: whole(1, 1000).default(8),
  WEBHOOK_SECRETS: value(
    webhookSecrets,
    'des secrets « whsec_... » (16 octets au moins, en base64), séparés par des virgules',
    '"whsec_..." secrets (16 bytes at least, base64), comma-separated',
  ).default([]),
  WEBHOOK_BASIC: value(
    (given) => pairs(given)?.map(([key, secret]): BasicKey => ({ key, secret })) ?? null,
    'des paires « clé:secret », séparées par des virgules',
    '"key:secret" pairs, comma-separated',
  ).default([]),
  PALIER_KEY: palierKey,
  PALIER_KEY_OLD: orNull(palierKey),
  PALIER_CONFIG: z.string().trim().default('config'),
  OPS_USERS: value(
    accounts,
    'des comptes « nom:empreinte » ou « nom:empreinte:rôle » (« npx palier hash-password » ; rôle : lecture ou operateur), chaque nom une fois, séparés par des virgules',
    '"name:hash" or "name:hash:role" accounts ("npx palier hash-password"; role: lecture or operateur), each name once, comma-separated',
  ).default([]),
  OIDC_ISSUER: orNull(httpsOnly(secureUrl)),
  OIDC_CLIENT_ID: orNull(secretText),
  OIDC_CLIENT_SECRET: orNull(secretText),
  OIDC_REDIRECT_URL: orNull(
    value(
      (given) => (new URL(secureUrl(given) ?? 'x:').pathname === CALLBACK ? given : null),
      `une adresse https qui finit par ${CALLBACK} est attendue`,
      `an https address that ends with ${CALLBACK} is expected`,
    ),
  ),
  OIDC_SCOPES: value(
    scopes,
    'des mots séparés par des espaces, dont « openid »',
    'words with spaces between them, one of them "openid"',
  ).default('openid email'),
  OIDC_OPERATORS: personList.default([]),
  OIDC_READERS: personList.default([]),
  OIDC_TRUST_EMAIL: whole(0, 1).default(0),
  OPS_NAME: matching(/^[^\p{Cc}]{1,60}$/u, '60 caractères au plus', '60 characters at most').default(
    'Palier',
  ),
  OPS_LOGO: orNull(matching(/.\.(svg|png)$/i, 'un fichier .svg ou .png', 'an .svg or .png file')),
  OPS_COLOUR: value(
    darkColour,
    "une couleur #rrggbb assez foncée pour qu'un texte blanc s'y lise (contraste 4,5:1)",
    'a colour #rrggbb dark enough for white text on it (contrast 4.5:1)',
  ).default('#1d4f72'),
  PUBLIC_URL: orNull(
    value(
      publicOrigin,
      'une adresse https sans chemin est attendue (http seulement vers cette machine)',
      'an https address without a path is expected (http for a loopback address only)',
    ),
  ),
  TRUST_PROXY: whole(0, 10).default(0),
  SMTP_URL: orNull(
    value(
      (given) =>
        /^smtps?:$/.test(urlOf(given)?.protocol ?? '') && urlOf(given)?.hostname !== '' ? given : null,
      'une adresse smtp:// ou smtps:// est attendue',
      'an smtp:// or smtps:// address is expected',
    ),
  ),
  MAIL_FROM: orNull(
    matching(
      /^[^\p{Cc}]*[^\s<>@]+@[^\s<>@]+>?$/u,
      'une adresse, ou « Nom <adresse> »',
      'an address, or "Name <address>"',
    ),
  ),
  PARCOURS_CONTACT: orNull(
    matching(/^[^\s<>@]+@[^\s<>@]+$/, 'une adresse e-mail est attendue', 'an e-mail address is expected'),
  ),
  // What RFC 6750 lets a bearer token hold; long enough not to be guessed.
  METRICS_TOKEN: orNull(
    matching(
      /^[\w.~+/-]{16,}=*$/,
      'au moins 16 lettres, chiffres ou « - . _ ~ + / » (« openssl rand -hex 32 » en fait un)',
      'at least 16 letters, digits or "- . _ ~ + /" ("openssl rand -hex 32" makes one)',
    ),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: orNull(
    value(
      (given) => (/^https?:$/.test(urlOf(given)?.protocol ?? '') ? given : null),
      'une adresse http ou https est attendue',
      'an http or https address is expected',
    ),
  ),
  POLL_EVERY_S: whole(1, 86_400).default(300),
  VERIFY_EVERY_H: between(0, 8760).default(24),
  RETENTION_MONTHS: orNull(whole(1, 600)),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  TZ_SCHEME: value(
    zone,
    'une zone horaire est attendue, comme Europe/Paris',
    'a time zone is expected, like Europe/Paris',
  ).default('Europe/Paris'),
});

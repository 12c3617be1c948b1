import { hostsOf, type RedisAddress } from './redis.js';

/** In both languages. */
interface Words {
  readonly fr: string;
  readonly en: string;
}

/** Redis is there and lets nobody in as `REDIS_URL` has it: that passes only when somebody mends it. */
export class RedisRefused extends Error {
  readonly code = 'redis_refused';
  /** What, where, and what to do. No secret stands in them. */
  readonly words: Words;
  constructor(why: Refusal, address: RedisAddress, cause: unknown) {
    const where = hostsOf(address);
    const words = {
      fr: `Redis ne laisse pas entrer (${where}) : ${why.fr}. ${why.mend.fr}`,
      en: `Redis lets nobody in (${where}): ${why.en}. ${why.mend.en}`,
    };
    super(words.en, { cause });
    this.name = 'RedisRefused';
    this.words = words;
  }
}

interface Refusal extends Words {
  readonly mend: Words;
}

const MEND_ACCESS: Words = {
  fr: "Corrigez-les dans REDIS_URL, où @, / et : d'un mot de passe s'écrivent %40, %2F et %3A.",
  en: 'Correct them in REDIS_URL, where @, / and : of a password are written %40, %2F and %3A.',
};

const UNTRUSTED: Refusal = {
  fr: "son certificat TLS est d'une autorité inconnue ici",
  en: 'its TLS certificate is of an authority that is unknown here',
  mend: {
    fr: "Donnez le certificat de cette autorité, un fichier PEM de votre hébergeur, dans NODE_EXTRA_CA_CERTS (dans l'environnement : .env est lu trop tard).",
    en: "Set NODE_EXTRA_CA_CERTS to the certificate of that authority, a PEM file of your host's (in the environment: .env is read too late).",
  },
};

/** By the code of TLS, or the first word of Redis' own answer. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  WRONGPASS: {
    fr: "le nom d'utilisateur ou le mot de passe est refusé",
    en: 'the user name or the password is refused',
    mend: MEND_ACCESS,
  },
  NOAUTH: {
    fr: "il manque un mot de passe à l'adresse",
    en: 'the address lacks a password',
    mend: MEND_ACCESS,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_HAS_EXPIRED: {
    fr: 'son certificat TLS a expiré',
    en: 'its TLS certificate has expired',
    mend: {
      fr: "Renouvelez-le ; vérifiez aussi l'heure de cette machine.",
      en: 'Renew it; check the clock of this machine, too.',
    },
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    fr: 'son certificat TLS est à un autre nom',
    en: 'its TLS certificate is made out to another name',
    mend: {
      fr: 'Écrivez dans REDIS_URL le nom que porte le certificat.',
      en: 'Write the name of the certificate in REDIS_URL.',
    },
  },
};

/** Null: it may pass by itself, or it is no matter of access. */
export function refusalOf(error: unknown, address: RedisAddress): RedisRefused | null {
  const code = codeOf(error);
  const why = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined;
  return why === undefined ? null : new RedisRefused(why, address, error);
}

/** Of the network, of TLS, or the first word of Redis' answer; a cluster tells of its last node's error apart. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const [code, message, node] = ['code', 'message', 'lastNodeError'].map((name): unknown =>
    Reflect.get(error, name),
  );
  if (typeof code === 'string') return code;
  const ofRedis = /\b(WRONGPASS|NOAUTH|LOADING)\b/.exec(String(message))?.[1];
  return ofRedis ?? codeOf(node);
}

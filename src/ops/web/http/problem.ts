import {
  isRedisError,
  redisCause,
  type RedisCause,
  type RedisFault,
} from '../../../platform/redis-faults.js';
import type { WriteProbe } from '../../../platform/redis-health.js';
import type { Localized } from '../../shared/words.js';

interface About {
  readonly status: number;
  readonly title: Localized;
  /** What to do; nothing of how Palier is built. */
  readonly advice: Localized;
}

const RELOAD: Localized = {
  fr: 'Revenez à la page précédente, rechargez-la, puis recommencez.',
  en: 'Go back to the page before, load it again, and try once more.',
};

/** Each refusal, by its stable code. */
export const PROBLEMS = {
  bad_request: {
    status: 400,
    title: { fr: 'Demande illisible', en: 'The request cannot be read' },
    advice: RELOAD,
  },
  forbidden: {
    status: 403,
    title: { fr: 'Votre rôle ne le permet pas', en: 'Your role does not allow it' },
    advice: {
      fr: 'Votre compte voit tout et ne change rien. Demandez à un opérateur.',
      en: 'Your account sees everything and changes nothing. Ask an operator.',
    },
  },
  cross_site: {
    status: 403,
    title: { fr: 'Demande venue d’un autre site', en: 'The request came from another site' },
    advice: {
      fr: 'Ce formulaire n’a pas été envoyé depuis ces pages : rien n’a été fait.',
      en: 'This form was not sent from these pages: nothing was done.',
    },
  },
  session_ended: {
    status: 403,
    title: { fr: 'Votre session est terminée', en: 'Your session has ended' },
    advice: {
      fr: 'Rien n’a été fait. Connectez-vous, puis recommencez.',
      en: 'Nothing was done. Sign in, then try again.',
    },
  },
  not_found: {
    status: 404,
    title: { fr: 'Page introuvable', en: 'Page not found' },
    advice: {
      fr: 'L’adresse est fausse, ou ce qu’elle montrait n’existe plus.',
      en: 'The address is wrong, or what it showed is gone.',
    },
  },
  method_not_allowed: {
    status: 405,
    title: { fr: 'Cette adresse ne s’ouvre pas ainsi', en: 'This address cannot be opened like that' },
    advice: RELOAD,
  },
  too_large: {
    status: 413,
    title: { fr: 'Formulaire trop long', en: 'The form is too long' },
    advice: { fr: 'Raccourcissez ce que vous avez saisi.', en: 'Shorten what you typed.' },
  },
  address_too_long: {
    status: 414,
    title: { fr: 'Adresse trop longue', en: 'The address is too long' },
    advice: { fr: 'Raccourcissez ce que vous cherchez.', en: 'Shorten what you are looking for.' },
  },
  media_type: {
    status: 415,
    title: { fr: 'Ce n’est pas un formulaire', en: 'This is not a form' },
    advice: RELOAD,
  },
  too_many: {
    status: 429,
    title: { fr: 'Trop de tentatives', en: 'Too many attempts' },
    advice: {
      fr: 'Attendez un quart d’heure avant de recommencer ; une heure, si cela dure.',
      en: 'Wait for a quarter of an hour before you try again; for an hour, if it lasts.',
    },
  },
  internal: {
    status: 500,
    title: { fr: 'Une erreur est survenue', en: 'Something went wrong' },
    advice: {
      fr: 'Recommencez ; si cela dure, donnez à qui exploite Palier le numéro ci-dessous.',
      en: 'Try again; if it lasts, give the number below to whoever runs Palier.',
    },
  },
  busy: {
    status: 503,
    title: { fr: 'Trop de connexions à la fois', en: 'Too many people sign in at once' },
    advice: { fr: 'Recommencez dans une minute.', en: 'Try again in a minute.' },
  },
  unavailable: {
    status: 503,
    title: { fr: 'Redis ne répond pas', en: 'Redis does not answer' },
    advice: {
      fr: 'Ces pages en dépendent. Recommencez dans un instant ; si cela dure : « npx palier check ».',
      en: 'These pages depend on it. Try again in a moment; if it lasts: "npx palier check".',
    },
  },
} as const satisfies Record<string, About>;

export type OpsProblemCode = keyof typeof PROBLEMS;

/** What ails Redis, as a title. */
export const REDIS_TITLES: Readonly<Record<RedisFault, Localized>> = {
  memory_full: { fr: 'Redis : mémoire pleine', en: 'Redis: memory full' },
  disk_full: { fr: 'Redis : disque plein', en: 'Redis: disk full' },
  read_only: { fr: 'Redis : réplique en lecture seule', en: 'Redis: read-only replica' },
  replicas_missing: { fr: 'Redis : il manque des répliques', en: 'Redis: replicas are missing' },
  loading: { fr: 'Redis relit ses données', en: 'Redis is loading its data' },
  credentials: { fr: 'Redis : mot de passe refusé', en: 'Redis: password refused' },
  certificate: { fr: 'Redis : certificat TLS refusé', en: 'Redis: TLS certificate refused' },
  absent: { fr: 'Redis ne répond pas', en: 'Redis does not answer' },
  key_changed: { fr: 'Redis : rempli sous une autre clé', en: 'Redis: filled under another key' },
  error: { fr: 'Redis répond par une erreur', en: 'Redis answers with an error' },
};

/** A refusal, thrown on the way to an answer and sent as a page. */
export class OpsProblem extends Error {
  readonly status: number;
  /**
   * @param retryAfterS when it is worth trying again, seconds
   * @param redis what ails Redis, of `unavailable`
   */
  constructor(
    readonly code: OpsProblemCode,
    readonly retryAfterS: number | null = null,
    private readonly redis: RedisCause | null = null,
  ) {
    super(code);
    this.name = 'OpsProblem';
    this.status = PROBLEMS[code].status;
  }

  get about(): About {
    const about = PROBLEMS[this.code];
    if (this.redis === null) return about;
    const { fault, fr, en, mend } = this.redis;
    const advice = {
      fr: `Ces pages dépendent de Redis : ${fr}. ${mend.fr} Si cela dure : « npx palier check ».`,
      en: `These pages depend on Redis: ${en}. ${mend.en} If it lasts: "npx palier check".`,
    };
    return { ...about, title: REDIS_TITLES[fault], advice };
  }
}

const partOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

/** Of ioredis without a connection. Calls to the identity provider do not come here. */
const AWAY = /Failed to refresh slots|All sentinels are unreachable/;
const AWAY_CODES = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'EHOSTUNREACH'];

/** Redis' fault rather than ours, which a wrong command would be. */
function isRedisAway(error: unknown): boolean {
  const [message, code] = [partOf(error, 'message'), partOf(error, 'code')];
  if (typeof code === 'string' && AWAY_CODES.includes(code)) return true;
  if (typeof message === 'string' && AWAY.test(message)) return true;
  return isRedisError(error) && redisCause(error).fault !== 'error';
}

/** How soon a page is worth trying again, seconds. */
export const AGAIN_S = 5;

/**
 * The refusal for an error, or null for an unforeseen one.
 * @param storage says why a connection is not there, which the failed command does not
 */
export async function knownProblem(error: unknown, storage: WriteProbe): Promise<OpsProblem | null> {
  if (error instanceof OpsProblem) return error;
  if (isRedisAway(error)) {
    const cause = redisCause(error);
    const found = cause.fault === 'absent' ? ((await storage()) ?? cause) : cause;
    return new OpsProblem('unavailable', AGAIN_S, found);
  }
  // Express' own: a path that is not in UTF-8.
  return partOf(error, 'status') === 400 ? new OpsProblem('bad_request') : null;
}

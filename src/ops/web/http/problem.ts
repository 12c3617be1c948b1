import {
  isRedisError,
  redisCause,
  type RedisCause,
  type RedisFault,
} from '../../../platform/redis-faults.js';
import type { WriteProbe } from '../../../platform/redis-health.js';
import type { French, Translate } from '../words.js';

const RELOAD = 'Revenez à la page précédente, rechargez-la, puis recommencez.';

/** Each refusal by its stable code: the status, what happened, and what to do; nothing of how Palier is built. */
export const PROBLEMS = {
  bad_request: [400, 'Demande illisible', RELOAD],
  forbidden: [
    403,
    'Votre rôle ne le permet pas',
    'Votre compte voit tout et ne change rien. Demandez à un opérateur.',
  ],
  cross_site: [
    403,
    'Demande venue d’un autre site',
    'Ce formulaire n’a pas été envoyé depuis ces pages : rien n’a été fait.',
  ],
  session_ended: [403, 'Votre session est terminée', 'Rien n’a été fait. Connectez-vous, puis recommencez.'],
  not_found: [404, 'Page introuvable', 'L’adresse est fausse, ou ce qu’elle montrait n’existe plus.'],
  method_not_allowed: [405, 'Cette adresse ne s’ouvre pas ainsi', RELOAD],
  too_large: [413, 'Formulaire trop long', 'Raccourcissez ce que vous avez saisi.'],
  address_too_long: [414, 'Adresse trop longue', 'Raccourcissez ce que vous cherchez.'],
  media_type: [415, 'Ce n’est pas un formulaire', RELOAD],
  too_many: [
    429,
    'Trop de tentatives',
    'Attendez un quart d’heure avant de recommencer ; une heure, si cela dure.',
  ],
  internal: [
    500,
    'Une erreur est survenue',
    'Recommencez ; si cela dure, donnez à qui exploite Palier le numéro ci-dessous.',
  ],
  busy: [503, 'Trop de connexions à la fois', 'Recommencez dans une minute.'],
  unavailable: [
    503,
    'Redis ne répond pas',
    'Ces pages en dépendent. Recommencez dans un instant ; si cela dure : « npx palier check ».',
  ],
} as const satisfies Record<string, readonly [status: number, title: French, advice: French]>;

export type OpsProblemCode = keyof typeof PROBLEMS;

/** What ails Redis, as a title. */
export const REDIS_TITLES = {
  memory_full: 'Redis : mémoire pleine',
  disk_full: 'Redis : disque plein',
  read_only: 'Redis : réplique en lecture seule',
  replicas_missing: 'Redis : il manque des répliques',
  loading: 'Redis relit ses données',
  credentials: 'Redis : mot de passe refusé',
  certificate: 'Redis : certificat TLS refusé',
  absent: 'Redis ne répond pas',
  key_changed: 'Redis : rempli sous une autre clé',
  error: 'Redis répond par une erreur',
} as const satisfies Record<RedisFault, French>;

/** A refusal, thrown on the way to an answer and sent as a page. */
export class OpsProblem extends Error {
  override readonly name = 'OpsProblem';
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
    [this.status] = PROBLEMS[code];
  }

  /** What the page says. */
  told(t: Translate): { readonly title: string; readonly advice: string } {
    const [, title, advice] = PROBLEMS[this.code];
    if (this.redis === null) return { title: t(title), advice: t(advice) };
    const { fault, mend } = this.redis;
    const dependent = 'Ces pages dépendent de Redis : {0}. {1} Si cela dure : « npx palier check ».';
    return { title: t(REDIS_TITLES[fault]), advice: t(dependent, t(this.redis), t(mend)) };
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

import {
  isRedisError,
  redisCause,
  type RedisCause,
  type RedisFault,
} from '../../../platform/redis-faults.js';
import { fieldOf } from '../../../platform/logger.js';
import type { WriteProbe } from '../../../platform/redis-health.js';

const RELOAD = 'Revenez à la page précédente, rechargez-la, puis recommencez.';

/** Refusals by stable code: status, what happened, what to do. They reveal nothing of Palier's inside. */
const PROBLEMS = {
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
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]>;

/** Page titles by fault of Redis. */
export const REDIS_TITLES: Readonly<Record<RedisFault, string>> = {
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
};

/** A refusal: handlers throw it, `app.ts` sends it as a page. */
export class OpsProblem extends Error {
  override readonly name = 'OpsProblem';
  readonly status: number;

  /** @param retryAfterS when to try again, in seconds */
  constructor(
    readonly code: keyof typeof PROBLEMS,
    readonly retryAfterS: number | null = null,
    readonly title: string = PROBLEMS[code][1],
    readonly advice: string = PROBLEMS[code][2],
  ) {
    super(code);
    [this.status] = PROBLEMS[code];
  }
}

/** Returns the refusal for a Redis that cannot serve, with the cause. */
export const redisProblem = ({ fault, fr, mend }: RedisCause): OpsProblem =>
  new OpsProblem(
    'unavailable',
    5,
    REDIS_TITLES[fault],
    `Ces pages dépendent de Redis : ${fr}. ${mend.fr} Si cela dure : « npx palier check ».`,
  );

/** Whether Redis is at fault, not a wrong command of ours. Network errors reach this point from Redis alone. */
const isRedisAway = (error: unknown): boolean =>
  fieldOf(error, 'syscall') !== undefined ||
  /refresh slots|sentinels are unreachable/.test(String(fieldOf(error, 'message'))) ||
  (isRedisError(error) && redisCause(error).fault !== 'error');

/** Express' own errors by status: a path that is not UTF-8, and unusable forms. */
const EXPRESS_ERRORS = new Map<unknown, OpsProblem['code']>([
  [400, 'bad_request'],
  [413, 'too_large'],
  [415, 'media_type'],
]);

/**
 * Returns the refusal for any error.
 * @param probeWrites says why Redis is absent; the failed command does not
 */
export async function problemOf(error: unknown, probeWrites: WriteProbe): Promise<OpsProblem> {
  if (error instanceof OpsProblem) return error;
  if (!isRedisAway(error)) return new OpsProblem(EXPRESS_ERRORS.get(fieldOf(error, 'status')) ?? 'internal');
  const cause = redisCause(error);
  return redisProblem(cause.fault === 'absent' ? ((await probeWrites()) ?? cause) : cause);
}

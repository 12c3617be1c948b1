import { type Localized, say } from '../localized.js';
import { fieldOf } from './logger.js';
import { type RedisAddress, hostsOf } from './redis.js';

/** Why Redis does not serve: one word for each remedy. */
export type RedisFault =
  | 'memory_full'
  | 'disk_full'
  | 'read_only'
  | 'replicas_missing'
  | 'loading'
  | 'credentials'
  | 'certificate'
  | 'absent'
  | 'key_changed'
  | 'error';

/** A fault, what it is in words, and how to mend it. Holds no secret. */
export interface RedisCause extends Localized {
  readonly fault: RedisFault;
  readonly mend: Localized;
}

const NAMES = /^(ReplyError|MaxRetriesPerRequestError|ClusterAllFailedError)$/;
const MESSAGES = /^(Command timed out|Connection is closed|Socket timeout|Stream isn't writeable)/;

/** True when Redis answered with an error, or gave no usable answer. */
export const isRedisError = (error: unknown): error is Error =>
  error instanceof Error && (NAMES.test(error.name) || MESSAGES.test(error.message));

/** Classifies an error of a Redis connection or command. Pure. An unknown error counts as `absent`. */
export function redisCause(error: unknown): RedisCause {
  const code = codeOf(error);
  const match = Object.entries(CAUSES).find(([codes]) => codes.split(/\s+/).includes(code));
  if (match !== undefined) return match[1];
  if (!(error instanceof Error) || error.name !== 'ReplyError') return NO_ANSWER;
  // Only the first word of the answer: the rest may repeat what was sent.
  const word = error.message.replace(/\s.*/s, '');
  return causeOf('error')`
    il répond par une erreur (${word}) | Le journal de Palier dit le reste.
    it answers with an error (${word}) | Palier's log says the rest.`;
}

/** Returns the code of the network or of TLS, or Redis' own word. A cluster's error has its last node's apart. */
function codeOf(error: unknown): string {
  const code = fieldOf(error, 'code');
  if (typeof code === 'string') return code;
  const answer = ANSWER.exec(String(fieldOf(error, 'message')))?.[1];
  const node = fieldOf(error, 'lastNodeError');
  return answer ?? (node === undefined ? '' : codeOf(node));
}

/** Redis' own words for a refusal. In a script's error other words may come first. */
const ANSWER = /\b(OOM|MISCONF|READONLY|NOREPLICAS|LOADING|MASTERDOWN|WRONGPASS|NOAUTH|NOPERM|CLUSTERDOWN)\b/;

/** Takes two lines as `say` does: what it is and, after a bar, the remedy, which is `CHECK_URL` by default. */
const causeOf =
  (fault: RedisFault) =>
  (...lines: Parameters<typeof say>): RedisCause => {
    const words = say(...lines);
    const [fr = '', mendFr = CHECK_URL.fr] = words.fr.split(' | ');
    const [en = '', mendEn = CHECK_URL.en] = words.en.split(' | ');
    return { fault, fr, en, mend: { fr: mendFr, en: mendEn } };
  };

const CHECK_URL = say`Vérifiez REDIS_URL, et que Redis est démarré.
  Check REDIS_URL, and that Redis runs.`;
const ACCESS = say`Corrigez-les dans REDIS_URL, où @, / et : d'un mot de passe s'écrivent %40, %2F et %3A.
  Correct them in REDIS_URL, where @, / and : of a password are written %40, %2F and %3A.`;

const NO_ANSWER = causeOf('absent')`
  pas de réponse à temps
  no answer in time`;

/** Not a fault of Redis: this process has another key than the one Redis was filled under. */
export const OTHER_KEY = causeOf('key_changed')`
  il a été rempli sous une autre PALIER_KEY | Remettez la clé d'avant ; si elle est perdue, voyez docs/operating.md (« PALIER_KEY est perdue, ou a changé »).
  it was filled under another PALIER_KEY | Set the former key again; if it is lost, see docs/operating.md ("PALIER_KEY").`;

/** By the codes of the network or of TLS, or the first word of Redis' own answer. */
const CAUSES: Readonly<Record<string, RedisCause>> = {
  OOM: causeOf('memory_full')`
    sa mémoire est pleine (maxmemory) | Augmentez maxmemory, ou prenez une offre plus grande chez l'hébergeur ; rien n'est perdu entre-temps.
    its memory is full (maxmemory) | Raise maxmemory, or take a larger plan at the host's; nothing is lost meanwhile.`,
  MISCONF: causeOf('disk_full')`
    il n'arrive plus à écrire sur son disque, sans doute plein | Libérez de la place sur le disque de Redis, ou agrandissez-le ; le journal de Redis dit le reste.
    it can no longer write to its disk, which may be full | Free space on the disk of Redis, or enlarge it; Redis' own log says the rest.`,
  'READONLY MASTERDOWN': causeOf('read_only')`
    c'est une réplique, où rien ne s'écrit | Donnez dans REDIS_URL l'adresse du serveur principal ; après une bascule, attendez qu'elle soit finie.
    it is a replica, where nothing is written | Set REDIS_URL to the address of the main server; after a fail-over, wait until it is complete.`,
  NOREPLICAS: causeOf('replicas_missing')`
    trop peu de répliques le suivent (min-replicas-to-write), et il n'accepte rien sans elles | Redémarrez les répliques, ou demandez à l'hébergeur.
    too few replicas follow it (min-replicas-to-write), and it takes nothing without them | Start the replicas again, or ask the host's support.`,
  LOADING: causeOf('loading')`
    Redis relit encore ses données | Cela passe de soi-même.
    Redis is still loading its data | This passes by itself.`,
  WRONGPASS: causeOf('credentials')`
    le nom d'utilisateur ou le mot de passe est refusé | ${ACCESS}
    the user name or the password is refused | ${ACCESS}`,
  NOAUTH: causeOf('credentials')`
    il manque un mot de passe à l'adresse | ${ACCESS}
    the address lacks a password | ${ACCESS}`,
  NOPERM: causeOf('error')`
    l'utilisateur de REDIS_URL n'a pas tous les droits (ACL) | Donnez à cet utilisateur tous les droits sur les clés de Palier : « ACL SETUSER ».
    the user of REDIS_URL lacks rights (ACL) | Give this user all rights on the keys of Palier: "ACL SETUSER".`,
  [`DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN CERT_UNTRUSTED UNABLE_TO_VERIFY_LEAF_SIGNATURE
    UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY`]: causeOf('certificate')`
    son certificat TLS est d'une autorité inconnue ici | Donnez le certificat de cette autorité, un fichier PEM de votre hébergeur, dans NODE_EXTRA_CA_CERTS (dans l'environnement : .env est lu trop tard).
    its TLS certificate is of an authority that is unknown here | Set NODE_EXTRA_CA_CERTS to the certificate of that authority, a PEM file of your host's (in the environment: .env is read too late).`,
  CERT_HAS_EXPIRED: causeOf('certificate')`
    son certificat TLS a expiré | Renouvelez-le ; vérifiez aussi l'heure de cette machine.
    its TLS certificate has expired | Renew it; check the clock of this machine, too.`,
  ERR_TLS_CERT_ALTNAME_INVALID: causeOf('certificate')`
    son certificat TLS est à un autre nom | Écrivez dans REDIS_URL le nom que porte le certificat.
    its TLS certificate is made out to another name | Write the name of the certificate in REDIS_URL.`,
  ECONNREFUSED: causeOf('absent')`
    rien n'écoute à cette adresse
    nothing listens at this address`,
  ENOTFOUND: causeOf('absent')`
    ce nom d'hôte est inconnu
    this host name is unknown`,
  EAI_AGAIN: causeOf('absent')`
    ce nom d'hôte ne se résout pas
    this host name cannot be resolved`,
  ECONNRESET: causeOf('absent')`
    la connexion est coupée aussitôt (un port TLS veut rediss://)
    the connection is cut off at once (a TLS port wants rediss://)`,
  CLUSTERDOWN: causeOf('absent')`
    des nœuds du cluster manquent | Redémarrez-les, ou demandez à l'hébergeur.
    nodes of the cluster are missing | Start them again, or ask the host's support.`,
};

/** Redis refuses the login or the TLS of `REDIS_URL`. This passes only when somebody mends it. */
export class RedisRefused extends Error {
  readonly code = 'redis_refused';
  /** What, where, and what to do. Holds no secret. */
  readonly words: Localized;
  constructor({ fr, en, mend }: RedisCause, address: RedisAddress, cause: unknown) {
    const where = hostsOf(address);
    const words = say`Redis ne laisse pas entrer (${where}) : ${fr}. ${mend}
      Redis lets nobody in (${where}): ${en}. ${mend}`;
    super(words.en, { cause });
    this.name = 'RedisRefused';
    this.words = words;
  }
}

/** Null: the error may pass by itself, or is not about access. */
export function refusalOf(error: unknown, address: RedisAddress): RedisRefused | null {
  const cause = redisCause(error);
  const isRefusal = cause.fault === 'credentials' || cause.fault === 'certificate';
  return isRefusal ? new RedisRefused(cause, address, error) : null;
}

const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().split('\n').slice(0, 3).join(' / ');

/** No way led to a Redis. The message is for whoever typed the command, in both languages. */
export class RedisUnavailable extends Error {
  readonly code = 'redis_unavailable';

  /** @param causes why each way that was tried led nowhere */
  constructor(readonly causes: readonly unknown[]) {
    super(
      [
        'Redis est introuvable sur cette machine / No Redis was found on this machine, and none could be fetched.',
        'Installez-le par l’une de ces commandes, puis recommencez / Install it with one of these, then try again:',
        '  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install redis-server',
        '  Fedora:          sudo dnf install valkey',
        '  Alpine:          sudo apk add redis',
        '  macOS:           brew install redis',
        'ou donnez l’adresse d’un Redis de test / or give the address of a test Redis:',
        '  REDIS_URL=redis://127.0.0.1:6379 npm run demo',
        ...causes.map((cause) => `(${firstLine(cause)})`),
      ].join('\n'),
      { cause: causes },
    );
    this.name = 'RedisUnavailable';
  }
}

/** What ioredis throws where Redis itself answers with an error, or does not answer. */
const NAMES = /^(ReplyError|MaxRetriesPerRequestError|ClusterAllFailedError)$/;
const MESSAGES = /^(Command timed out|Connection is closed|Socket timeout|Stream isn't writeable)/;

/** Whether this is Redis' fault: it gave no usable answer. */
export const isOfRedis = (error: unknown): error is Error =>
  error instanceof Error && (NAMES.test(error.name) || MESSAGES.test(error.message));

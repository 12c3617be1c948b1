/** The caller gave up before anything was sent. */
export class Aborted extends Error {
  readonly code = 'aborted';
  constructor() {
    super('given up by the caller');
  }
}

/** The promise's result, unless the signal comes first: then it is left to itself. @throws Aborted */
export async function orAbort<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new Aborted());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    // When the signal came first, these settle nothing any more: nobody is left to hear of it.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits so many milliseconds. @throws Aborted */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await orAbort(over, signal);
  } finally {
    clearTimeout(timer);
  }
}

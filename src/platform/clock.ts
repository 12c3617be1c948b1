/** The present, in Unix milliseconds. Handed in wherever time matters, so that tests can set it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** The present in whole Unix seconds, as OBF counts. */
export const secondsOf = (clock: Clock): number => Math.floor(clock() / 1000);

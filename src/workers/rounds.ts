/** Work that is done for many askers at once, in rounds. */
export interface Rounds<Asked, Answer> {
  /** Joins the next round: one that begins after this call, and so sees whatever the asker has heard of. */
  ask(asked: Asked): Promise<Answer>;
}

/** One that is slow does not keep the next waiting. */
const AT_ONCE = 2;

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly settle: (answer: Promise<Answer>) => void;
}

/**
 * Whoever asks while rounds are under way waits for the next, with everybody else who does: the slower the
 * work, the more of it is done together; alone, nobody waits.
 * @param together does the work of one round, with an answer for each, in their order
 */
export function createRounds<Asked, Answer>(
  together: (asked: readonly Asked[]) => Promise<readonly Promise<Answer>[]>,
): Rounds<Asked, Answer> {
  let waiting: Waiting<Asked, Answer>[] = [];
  let underWay = 0;

  async function round(): Promise<void> {
    const now = waiting;
    waiting = [];
    const answers = together(now.map(({ asked }) => asked));
    const each = now.map(async (_, at): Promise<Answer> => {
      const answer = (await answers)[at];
      if (answer === undefined) throw new TypeError('a round without an answer for everybody');
      return answer;
    });
    for (const [at, { settle }] of now.entries())
      settle(each[at] ?? Promise.reject(new TypeError('no answer')));
    await Promise.allSettled(each);
  }

  async function rounds(): Promise<void> {
    underWay += 1;
    // Those who ask in this very instant go together.
    await Promise.resolve();
    while (waiting.length > 0) await round();
    underWay -= 1;
  }

  return {
    ask: (asked) =>
      new Promise((resolve) => {
        waiting.push({ asked, settle: resolve });
        if (underWay < AT_ONCE) void rounds();
      }),
  };
}

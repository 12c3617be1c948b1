/** How many batches are at work at once: one that is slow does not keep the next waiting. */
const AT_ONCE = 2;

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly settle: (answer: Promise<Answer>) => void;
}

/**
 * Answers many askers together. An ask joins the next batch, which begins after it, with all that came while others
 * were at work: the slower the work, the more is done together; alone, nobody waits.
 * @param work answers a batch, one answer for each, in order
 */
export function createBatcher<Asked, Answer>(
  work: (asked: readonly Asked[]) => Promise<readonly Promise<Answer>[]>,
): (asked: Asked) => Promise<Answer> {
  let waiting: Waiting<Asked, Answer>[] = [];
  let running = 0;

  async function runBatch(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const answers = work(batch.map(({ asked }) => asked));
    const each = batch.map(async ({ settle }, at) => {
      const answer = answers.then(
        (all) => all[at] ?? Promise.reject(new TypeError('A batch without an answer')),
      );
      settle(answer);
      await answer;
    });
    await Promise.allSettled(each);
  }

  async function run(): Promise<void> {
    running += 1;
    // Those who ask in this very instant go together.
    await Promise.resolve();
    while (waiting.length > 0) await runBatch();
    running -= 1;
  }

  return (asked) =>
    new Promise((resolve) => {
      waiting.push({ asked, settle: resolve });
      if (running < AT_ONCE) void run();
    });
}

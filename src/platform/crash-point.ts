/**
 * Ends the process by SIGKILL when a named point of the program is reached for the n-th time; for fault
 * tests alone. `plan` is `point` or `point:n`, from the environment of a test run; anything else, and
 * outside of a test run, nothing ever happens.
 */
export function crashAt(env: Readonly<Record<string, string | undefined>>): (point: string) => void {
  const plan = env['NODE_ENV'] === 'test' ? env['PALIER_CRASH_AT'] : undefined;
  if (plan === undefined) return () => undefined;
  const [at, times = '1'] = plan.split(':');
  let left = Number(times);
  return (point) => {
    if (point !== at) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

import type { Scenario, Step } from './scenario.js';
import type { EventRecord, Sandbox } from './types.js';
import type { NoticeContent } from './webhooks.js';
import { sameAddressForm } from './records.js';

/** What a scenario needs of the world around the sandbox. */
export interface Hands {
  /** Tells the other side of an event. */
  readonly notify: (notice: NoticeContent) => Promise<unknown>;
  /** Says a line of the story. */
  readonly narrate: (line: string) => Promise<void> | void;
  /** Lets a reader read; a test returns at once. */
  readonly pause: (ms: number) => Promise<void>;
  /** Resolves when `condition` holds; rejects, naming `what`, when it takes too long. */
  readonly until: (condition: () => boolean, what: string) => Promise<unknown>;
}

/** Runs a scenario, one step after the other; a step that fails ends it. */
export async function runScenario(sandbox: Sandbox, { steps }: Scenario, hands: Hands): Promise<void> {
  for (const step of steps) await runStep(sandbox, step, hands);
}

async function runStep(sandbox: Sandbox, step: Step, hands: Hands): Promise<void> {
  if (step.say !== undefined) await say(step.say, hands);
  if (step.pause !== undefined) await hands.pause(step.pause * 1000);
  if (step.issue !== undefined) await issue(sandbox, step.issue, hands);
  if (step.revoke !== undefined) await revoke(sandbox, step.revoke, hands);
  if (step.expire !== undefined) expire(sandbox, step.expire);
  if (step.wait !== undefined) await wait(sandbox, step.wait, hands);
  if (step.fault !== undefined) sandbox.fault(step.fault);
}

const READING_MS_PER_CHARACTER = 40;

async function say(line: string, { narrate, pause }: Hands): Promise<void> {
  await narrate(line);
  await pause(line.length * READING_MS_PER_CHARACTER);
}

async function issue(sandbox: Sandbox, said: NonNullable<Step['issue']>, { notify }: Hands): Promise<void> {
  const event = sandbox.issueByHand({
    clientId: said.partner,
    badgeId: said.badge,
    recipients: said.to,
    ...(said.issued_on === undefined ? {} : { issuedOnS: said.issued_on }),
    ...(said.expires_on === undefined ? {} : { expiresOnS: said.expires_on }),
  });
  if (said.webhook) await notify(noticeOf('badge.issued', event));
}

async function revoke(sandbox: Sandbox, said: NonNullable<Step['revoke']>, { notify }: Hands): Promise<void> {
  for (const event of eventsWith(sandbox, said, said.from)) {
    sandbox.revokeByHand(event.id, said.from);
    if (said.webhook) await notify(noticeOf('badge.revoked', event));
  }
}

function expire(sandbox: Sandbox, said: NonNullable<Step['expire']>): void {
  for (const { assertions } of eventsWith(sandbox, said, said.of))
    for (const { id } of assertions.filter(isOneOf(said.of))) sandbox.expire(id, said.on);
}

function wait(sandbox: Sandbox, said: NonNullable<Step['wait']>, { until }: Hands): Promise<unknown> {
  if ('received' in said) {
    const received = (): number => sandbox.calls.filter(({ route }) => route === said.received).length;
    return until(() => received() >= said.at_least, `OBF has received ${said.at_least} x ${said.received}`);
  }
  const badge = 'holds' in said ? said.holds : said.lacks;
  const wanted = 'holds' in said;
  const holds = (): boolean =>
    sandbox
      .awarded(said.address)
      .some((held) => (said.by === undefined ? held.endsWith(`/${badge}`) : held === `${said.by}/${badge}`));
  return until(() => holds() === wanted, `somebody ${wanted ? 'holds' : 'no longer holds'} ${badge}`);
}

/** @throws when nobody of `emails` was given that badge: the story means somebody else */
function eventsWith(
  sandbox: Sandbox,
  { partner, badge }: { partner: string; badge: string },
  emails: readonly string[],
): readonly EventRecord[] {
  const found = sandbox
    .eventsOf(partner, badge)
    .filter(({ assertions }) => assertions.some((one) => !one.revoked && isOneOf(emails)(one)));
  if (found.length === 0) throw new Error(`Scenario: "${partner}" gave "${badge}" to none of these people`);
  return found;
}

const isOneOf =
  (emails: readonly string[]) =>
  ({ email }: { readonly email: string }): boolean =>
    emails.some((one) => sameAddressForm(one) === sameAddressForm(email));

const noticeOf = (type: NoticeContent['type'], { id, clientId }: EventRecord): NoticeContent => ({
  type,
  client_id: clientId,
  event_id: id,
});

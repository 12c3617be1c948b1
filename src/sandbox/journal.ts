import { z } from 'zod';
import type { IssueBody } from '../obf/wire.js';
import type { ReceivedCall, ReceivedIssue } from './types.js';

/** A call while it is served: its end is written when it is known. */
export type OpenCall = { -readonly [K in keyof ReceivedCall]: ReceivedCall[K] } & {
  /** The badge in an issue call's path. */
  readonly badgeId: string | null;
  eventId: string | null;
};

/** What can be read of an issue body, whatever state it is in. */
const legible = z
  .object({
    recipient: z.array(z.object({ email: z.string(), name: z.string().catch('') })).catch([]),
    issued_on: z.number().catch(0),
    expires_on: z.number().optional().catch(undefined),
    api_consumer_id: z.string().catch(''),
    send_email: z.boolean().catch(false),
    show_report: z.boolean().catch(false),
    log_entry: z.unknown(),
  })
  .catch({
    recipient: [],
    issued_on: 0,
    api_consumer_id: '',
    send_email: false,
    show_report: false,
    log_entry: null,
  });

function legibleBody(body: unknown): IssueBody {
  const { expires_on, ...rest } = legible.parse(body);
  return { ...rest, ...(expires_on === undefined ? {} : { expires_on }) };
}

/** Every call received, in order of arrival. */
export class Journal {
  readonly calls: OpenCall[] = [];

  open(call: OpenCall): OpenCall {
    this.calls.push(call);
    return call;
  }

  issues(): readonly ReceivedIssue[] {
    return this.calls.flatMap((call): ReceivedIssue[] => {
      const { clientId, badgeId } = call;
      if (call.route !== 'POST issue' || clientId === null || badgeId === null) return [];
      const body = legibleBody(call.body);
      const recipients = body.recipient.map(({ email }) => email);
      return [{ ...call, clientId, badgeId, recipients, body }];
    });
  }
}

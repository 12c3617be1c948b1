import { z } from 'zod';
import { asBatchId, asEventId } from '../ids.js';

/**
 * What is known of one award for one earner. It never expires: it is what stands between a lost reply
 * and a second badge.
 */
const always = {
  atS: z.number().int(),
  /** Events whose revocation does not block the award: Palier's own, and those that ops lifted. */
  forgiven: z.array(z.string().transform(asEventId)),
};
/** Until it is known to be given: what set it off, and whether OBF is to send no e-mail. */
const onItsWay = { cause: z.string().optional(), quiet: z.boolean().optional() };
const batch = z.string().transform(asBatchId);
export const awardRecord = z.discriminatedUnion('state', [
  /** The rule is met and the badge is not held: it waits in the outbox. */
  z.object({ ...always, ...onItsWay, state: z.literal('due') }),
  /** It belongs to this batch, and to no other. */
  z.object({ ...always, ...onItsWay, state: z.literal('claimed'), batch }),
  /** OBF has it, by this event. */
  z.object({ ...always, state: z.literal('issued'), event: z.string().transform(asEventId) }),
  /** OBF said no, for good, to this recipient. */
  z.object({ ...always, state: z.literal('refused'), why: z.string() }),
  /** It was sent and the outcome is not known: OBF is read before anything else is done. */
  z.object({ ...always, ...onItsWay, state: z.literal('unknown'), batch }),
  /** Palier is taking it back (`on_loss: revoke`); until OBF has answered it counts as held. */
  z.object({ ...always, state: z.literal('revoking'), event: z.string().transform(asEventId) }),
  /** Palier took it back: given again when the rule is met again. */
  z.object({ ...always, state: z.literal('revoked') }),
  /** A human revoked it in OBF: not given again until ops lifts it. */
  z.object({ ...always, state: z.literal('blocked') }),
  /** It was due, and no longer is; or it was blocked, and ops lifted that. */
  z.object({ ...always, state: z.literal('withdrawn') }),
]);

export type AwardRecord = z.output<typeof awardRecord>;
export type AwardState = AwardRecord['state'];

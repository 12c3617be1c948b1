/**
 * Branded ids, which the compiler keeps apart, and the only ways to make them. Every room may import this file, which
 * imports nothing.
 */
declare const kind: unique symbol;
type Id<K extends string> = string & { readonly [kind]: K };

/** An organisation's OBF client id: a partner's, or the Région's own. */
export type ClientId = Id<'client'>;
/** A badge's id in OBF. */
export type BadgeId = Id<'badge'>;
/** One act of issuing in OBF: one badge, one or many recipients. */
export type EventId = Id<'event'>;
/** One recipient's copy of a badge. */
export type AssertionId = Id<'assertion'>;
/** The name of one of the Région's awards in scheme.yaml. */
export type AwardId = Id<'award'>;
/** Identifies a person wherever an address must not be: an HMAC of the address. */
export type EarnerKey = Id<'earner'>;
/** Awards of one badge that are issued by one call. */
export type BatchId = Id<'batch'>;
/** A hash of what a scheme means, whatever its formatting. */
export type SchemeVersion = Id<'scheme-version'>;

/** Each brands a value that the caller has checked or made. */
export const asClientId = (id: string): ClientId => id as ClientId;
export const asBadgeId = (id: string): BadgeId => id as BadgeId;
export const asEventId = (id: string): EventId => id as EventId;
export const asAssertionId = (id: string): AssertionId => id as AssertionId;
export const asAwardId = (id: string): AwardId => id as AwardId;
export const asEarnerKey = (id: string): EarnerKey => id as EarnerKey;
export const asBatchId = (id: string): BatchId => id as BatchId;
export const asSchemeVersion = (id: string): SchemeVersion => id as SchemeVersion;

/** Invisible characters: white space, controls, format marks, and what fonts leave blank. */
const UNSEEN = String.raw`[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]`;
/** The lookbehind tries a run at the end from its beginning alone, for linear time. */
const ENDS = new RegExp(`^${UNSEEN}+|(?<!${UNSEEN})${UNSEEN}+$`, 'gu');

/** Format marks turn the direction of text, or hide some of it. The two joiners are part of writing. */
const FORMAT_MARKS = /(?![\u200c\u200d])\p{Cf}/gu;

/** Removes invisible characters at both ends, and none in between. */
export const withoutUnseenEnds = (text: string): string => text.replaceAll(ENDS, '');

/**
 * Returns the form in which addresses are compared: without invisible ends, in Unicode NFC, lower-cased. Nothing cleverer:
 * for all Palier knows, a dot or a `+tag` makes it another person's address.
 */
export const normaliseAddress = (address: string): string =>
  withoutUnseenEnds(address).normalize('NFC').toLowerCase().normalize('NFC');

/** Removes format marks from a text that others wrote, for people to read. */
export const stripFormatMarks = (text: string): string => text.replaceAll(FORMAT_MARKS, '');

/** Writes format marks as JSON escapes, for a terminal: nothing of the text is lost. */
export const escapeFormatMarks = (text: string): string =>
  text.replaceAll(FORMAT_MARKS, (mark) =>
    mark.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

/** What nobody sees: white space of every kind, controls, marks of format, and what fonts leave blank. */
const UNSEEN = String.raw`[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]`;
/** A run at the end is looked at once, from its beginning. */
const ENDS = new RegExp(`^${UNSEEN}+|(?<!${UNSEEN})${UNSEEN}+$`, 'gu');

/** Marks of format turn the direction of text, or hide some of it. The two joiners are part of writing. */
const MARKS = /(?![\u200c\u200d])\p{Cf}/gu;

/** The text without what is invisible at both ends; within it, everything stays. */
export const withoutUnseenEnds = (text: string): string => text.replaceAll(ENDS, '');

/**
 * The one form under which an address is compared: without what is invisible at its ends, Unicode NFC,
 * case-folded; nothing cleverer, since a dot or a `+tag` is another person's address as far as we can know.
 */
export const normaliseAddress = (address: string): string =>
  withoutUnseenEnds(address).normalize('NFC').toLowerCase().normalize('NFC');

/** A text that somebody else wrote, for people to read: without the marks. */
export const withoutMarks = (text: string): string => text.replaceAll(MARKS, '');

/** The same for a terminal, where a mark is written out as JSON writes it: nothing of the text is lost. */
export const withMarksWritten = (text: string): string =>
  text.replaceAll(MARKS, (mark) =>
    mark.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

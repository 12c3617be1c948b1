/** Redis holds of an earner what no version of Palier that we know wrote. It is never taken for nothing. */
export class RecordError extends Error {
  readonly code: string = 'record_unreadable';
}

export const unknownForm = (): RecordError =>
  new RecordError('What Redis holds of an earner is of an unknown form');

import * as cast from './cast.js';
import { ABSENT, INES, PRESENT, type Person } from './cast.js';

export interface Outcome {
  readonly person: Person;
  /** A badge of the Région. */
  readonly badgeId: string;
}

const toward =
  (badgeId: string) =>
  (person: Person): Outcome => ({ person, badgeId });

const { AMINA, BASTIEN, CHLOE, DRISS, ELISE, FARID, GAELLE, HUGO, JEANNE } = cast;

/** Who is to receive what from Palier, each once; and nobody anything else. */
export const AWARDED: readonly Outcome[] = [
  ...[AMINA, BASTIEN, CHLOE, DRISS, ELISE, JEANNE].map(toward('R_COMM_1')),
  ...PRESENT.map(toward('R_ORGA_1')),
  { person: INES, badgeId: 'R_COMM_2' },
  { person: INES, badgeId: 'R_GENERAL' },
];

/** Who comes close and is not to receive it. */
export const NOT_AWARDED: readonly Outcome[] = [
  ...[FARID, GAELLE, HUGO].map(toward('R_COMM_1')),
  toward('R_ORGA_1')(ABSENT),
];

/** What the Région gave by hand, before the story begins. */
export const GIVEN_BEFORE: readonly Outcome[] = ['R_COMM_1', 'R_ORGA_2', 'R_ADAP_2'].map((badgeId) => ({
  person: INES,
  badgeId,
}));
/** When, Unix seconds: in June of the year before `nowMs`. */
export const givenBeforeOnS = (nowMs: number): number =>
  Date.UTC(new Date(nowMs).getUTCFullYear() - 1, 5, 17) / 1000;

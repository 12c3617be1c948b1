import type { ScenarioInput } from '../../sandbox/scenario.js';
import { REGION, type Person } from './cast.js';

type StepInput = ScenarioInput['steps'][number];

/** A chapter of the story: steps of the sandbox's scenario language, and how they are shown. */
export interface Scene {
  readonly title: string;
  /** The Région's badge that people are on their way to. */
  readonly toward: string;
  /** How often each notice is sent, at the same moment. */
  readonly times?: number;
  readonly steps: readonly [StepInput, ...StepInput[]];
}

/** A paragraph. */
export const say = (text: string): StepInput => ({ say: text });
/** One badge to all of them, as one event. */
export const give = (partner: string, badge: string, ...people: readonly Person[]): StepInput => ({
  issue: { partner, badge, to: people.map(({ email, name }) => ({ email, name })) },
});
/** Until the Région has given it. */
export const holds = ({ email }: Person, badge: string): StepInput => ({
  wait: { address: email, holds: badge, by: REGION.id },
});
/** The third badge, and the wait for the Région's. */
export const third = (person: Person): readonly [StepInput, StepInput] => [
  give('ATELIERS_COTENTIN', 'ADC_ECOUTER', person),
  holds(person, 'R_COMM_1'),
];

/** On the way to the first badge of Communiquer. */
export const COMMUNIQUER = { toward: 'R_COMM_1' } as const;

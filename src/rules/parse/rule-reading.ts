import type { AwardId, BadgeId, ClientId } from '../../ids.js';
import type { BadgesCondition } from '../types.js';
import type { AbilityNames } from './competencies.js';
import type { EnrolledBadge } from './enrolments.js';
import type { Place } from './fault.js';
import type { Reading } from './read.js';
import type { Edge } from './walk.js';

/** The names that a rule may use. Null: their section could not be read, so none can be called unknown. */
export interface Known {
  readonly awards: ReadonlySet<AwardId>;
  readonly abilityNames: AbilityNames | null;
  /** Each partner, and whether it is active. */
  readonly partners: ReadonlyMap<ClientId, boolean> | null;
  readonly badges: ReadonlyMap<BadgeId, EnrolledBadge> | null;
}

/** Where the numbers of a `badges` condition stand. */
export interface NumberPlaces {
  readonly atLeast: Place;
  readonly issuers: Place;
  readonly abilities: Place;
}

/** A condition, kept with its places to be held against what is enrolled. */
export interface AskedFor {
  readonly condition: BadgesCondition;
  readonly places: NumberPlaces;
}

/** What the readers of one award's rule share. */
export interface RuleReading extends Reading {
  readonly known: Known;
  /** Every `holds` of the rule, collected as it is read. */
  readonly holds: Edge[];
  /** Every faultless `badges` condition of the rule. */
  readonly asked: AskedFor[];
}

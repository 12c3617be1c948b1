import type { ClientId } from '../../ids.js';
import type { FigureNeeds } from './needs.js';

/** Whose accounts the workers read: the Région, and the active partners whose API key is to be there. */
export const clientsWithKey = ({
  scheme,
  region,
}: Pick<FigureNeeds, 'scheme' | 'region'>): readonly ClientId[] => [
  region,
  ...scheme.partners
    .filter(({ active, secretEnv }) => active && secretEnv !== null)
    .map(({ clientId }) => clientId),
];

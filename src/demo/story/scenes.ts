import { amina, driss, workshops, worthless } from './badges.js';
import { aClass, ines } from './many.js';
import type { Scene } from './scene.js';
import { bastien, chloe, elise, jeanne } from './troubles.js';

/** The story, in order. */
export const SCENES: readonly Scene[] = [
  workshops,
  amina,
  bastien,
  chloe,
  jeanne,
  driss,
  elise,
  worthless,
  aClass,
  ines,
];

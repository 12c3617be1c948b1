import type { EarnerKey } from '../../../ids.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Page } from '../route.js';
import { readPersonPage, type PersonModel } from './read.js';
import { PersonView } from './view.js';
import { PERSON } from './words.js';

/** Its title says nobody's address. */
export const PERSON_PAGE: Page<PersonModel> = {
  name: 'person',
  path: '/personne/:earner',
  title: PERSON.title,
  read: readPersonPage,
  view: PersonView,
};

/** Whether a badge was read for this address, or another was linked to it. */
export async function isKnown({ earners }: Pipeline, key: EarnerKey): Promise<boolean> {
  const { assertions, linked, linkedTo } = await earners.read(key);
  return assertions.length + linked.length > 0 || linkedTo !== null;
}

import { partnerEnrolWith } from './partner/enrol.js';
import { nextStep } from './partner/next-step.js';

export { partnerBadges } from './partner/badges.js';

/** What is told once the lines are written: here, and only here, is where the plan itself comes in. */
export const partnerEnrol = partnerEnrolWith(nextStep);

import { apply } from './scheme/apply.js';
import { audit } from './audit.js';
import { check } from './check/check.js';
import { earnerErase, earnerExport, earnerShow } from './person/earner.js';
import { explain } from './person/explain.js';
import { hashPasswordCommand, keygen, rekey } from './keys.js';
import { link, parcoursSend, unblock, unlink } from './person/change.js';
import { partnerBadges } from './scheme/partner-badges.js';
import { partnerEnrol } from './scheme/partner-enrol.js';
import { pause, replay, resume } from './queues.js';
import { plan, simulate } from './scheme/plan.js';
import { reconcile } from './reconcile.js';
import { stats } from './stats.js';
import { type Command } from './command.js';

/** The map of `npx palier`, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  check,
  explain,
  stats,
  audit,
  reconcile,
  replay,
  pause,
  resume,
  unblock,
  link,
  unlink,
  earnerShow,
  earnerExport,
  earnerErase,
  parcoursSend,
  plan,
  simulate,
  apply,
  partnerBadges,
  partnerEnrol,
  keygen,
  rekey,
  hashPasswordCommand,
];

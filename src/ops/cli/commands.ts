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

/** The map of `npx palier`, by what is typed, in the order of its help; the first of two words is a group. */
export const COMMANDS: Readonly<Record<string, Command>> = {
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
  'earner show': earnerShow,
  'earner export': earnerExport,
  'earner erase': earnerErase,
  'parcours send': parcoursSend,
  plan,
  simulate,
  apply,
  'partner badges': partnerBadges,
  'partner enrol': partnerEnrol,
  keygen,
  rekey,
  'hash-password': hashPasswordCommand,
};

import { apply } from './apply.js';
import { audit } from './audit.js';
import { check } from './check.js';
import type { Command } from './context.js';
import { earnerErase } from './earner-erase.js';
import { earnerExport, earnerShow } from './earner.js';
import { explain } from './explain.js';
import { hashPasswordCommand } from './hash-password.js';
import { keygen } from './keygen.js';
import { link, unlink } from './link.js';
import { parcoursSend } from './parcours-send.js';
import { partnerBadges } from './partner-badges.js';
import { partnerEnrol } from './partner-enrol.js';
import { pause, resume } from './pause.js';
import { plan } from './plan.js';
import { reconcile } from './reconcile.js';
import { rekey } from './rekey.js';
import { replay } from './replay.js';
import { simulate } from './simulate.js';
import { stats } from './stats.js';
import { unblock } from './unblock.js';

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

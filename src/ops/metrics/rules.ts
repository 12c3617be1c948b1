import { flag, gauge, sample } from './family.js';
import type { Reader } from './needs.js';

export const rulesFigures: Reader = async ({ schemes, version }) => {
  const { scheme, rollout } = await schemes.now();
  return [
    gauge('palier_rules_change_waiting', '1 while changed rules wait to be applied.', [
      sample(flag(rollout !== null)),
    ]),
    gauge('palier_build_info', 'Always 1: which Palier, and which rules new facts are judged by.', [
      sample(1, { version, scheme: scheme.version }),
    ]),
  ];
};

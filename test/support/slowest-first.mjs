import Sequencer from '@jest/test-sequencer';

/** The files that take longest on two processors, longest first: begun last, they would run alone at the end. */
const SLOWEST = [
  'demo/demo.full',
  'ops-web/large.full',
  'ops-web/day.full',
  'webhooks/stranger.full',
  'chaos/chaos',
  'pipeline/skew.full',
  'ops-web/web',
  'pipeline/once',
  'platform/redis',
  'ops/reconcile',
  'webhooks/redis-away',
  'webhooks/main',
  'pipeline/hold',
  'pipeline/people',
];

/** On a machine that ran no tests yet, jest knows no durations and orders files by their size. */
export default class SlowestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = SLOWEST.findIndex((name) => path.includes(`/test/${name}.test.`));
      return at === -1 ? SLOWEST.length : at;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- jest's own, which makes a new one
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}

import type { AwardState, EarnerRecord } from '../../../earners/record.js';
import type { EarnerKey } from '../../../ids.js';
import { earnerJobId } from '../../../queue/jobs.js';
import type { Tally } from '../../../rules/badges-condition.js';
import type { AwardVerdict, ConditionResult } from '../../../rules/evaluation.js';
import type { Background } from '../../../rules/explain/explanation.js';
import { inLang } from '../../../rules/explain/formatter.js';
import { ExplanationText } from '../../../rules/explain/text.js';
import { type ExplainWords, talliesPhrase, EXPLAIN_WORDS } from '../../../rules/explain/words.js';
import { localized, type Localized } from '../../../localized.js';
import { decide, type Decision } from '../../../workers/decide.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { parseEarnerKey } from '../../shared/browser.js';
import { explanationOf } from '../../shared/explain-person.js';
import { maskAddress, readLinkedAddresses } from '../../shared/personal-data.js';
import { OpsProblem } from '../http/problem.js';
import { type OpsRequest, paramOf } from '../http/request.js';
import { type StateKind, formatNumber, pluralForm } from '../parts/text.js';

export type PersonModel = Awaited<ReturnType<typeof readPersonPage>>;
export type KnownPerson = Extract<PersonModel, { readonly kind: 'known' }>;
/** One address of a person. */
export type AddressShown = KnownPerson['addresses'][number];

/** Returns the earner key in the path. @throws OpsProblem `not_found` when it is malformed */
export function keyInPath(context: OpsRequest): EarnerKey {
  const key = parseEarnerKey(paramOf(context, 'earner'));
  if (key === null) throw new OpsProblem('not_found');
  return key;
}

/** Reads a person's page in a few dozen commands of Redis. @param isUnmasked shows whole addresses and names */
export async function readPersonPage(context: OpsRequest, isUnmasked = false) {
  const { pipeline, hasParcours } = context;
  const { person: earner, addresses } = await readLinkedAddresses(pipeline, keyInPath(context));
  const records = addresses.map(({ record }) => record);
  const common = {
    /** The key of the person's first address. */
    earner,
    isErasing: records.some(({ tombstone }) => (tombstone?.entriesToUnindex.length ?? 0) > 0),
    /** Unix seconds; null: never. */
    erasedAtS: records.reduce<number | null>((last, { tombstone }) => tombstone?.erasedAtS ?? last, null),
  };
  const decision = await decide(pipeline, earner);
  if (isUnknown(decision, records)) return { ...common, kind: 'unknown' as const };
  return {
    ...common,
    kind: 'known' as const,
    addresses: addresses.map(({ key, record }) => ({
      ...contactFor(record, isUnmasked),
      key,
      /** Whether it is the person's first. */
      isPrimary: key === earner,
    })),
    isUnmasked,
    canBeSentLink: hasParcours && records[0]?.contact !== null,
    // Within one second, the last written comes first.
    entries: records
      .flatMap(({ journal }) => journal)
      .toReversed()
      .toSorted((a, b) => b.atS - a.atS),
    region: pipeline.region,
    ...explainAwards(decision),
    ...(await readState(pipeline, earner)),
  };
}

/** Whether nothing is known of a person, or only what is kept after erasure. */
function isUnknown({ person }: Decision, records: readonly EarnerRecord[]): boolean {
  const isEmpty = records.every(
    ({ contact, journal, assertions }) => contact === null && journal.length + assertions.length === 0,
  );
  return isEmpty && (person.records.length === 0 || records.some(({ tombstone }) => tombstone !== null));
}

const contactFor = ({ contact }: EarnerRecord, isUnmasked: boolean) => ({
  /** Masked unless `isUnmasked`; null: not stored. */
  address: contact === null ? null : isUnmasked ? contact.address : maskAddress(contact.address),
  /** As the organisation typed it; null: not stored, or masked. */
  name: isUnmasked ? (contact?.name ?? null) : null,
});

/** Reads the state of a requested re-evaluation, and whether issuing is paused. */
async function readState({ queues }: Pipeline, earner: EarnerKey) {
  const [job, paused] = await Promise.all([
    queues.earners.getJob(earnerJobId(earner)),
    queues.awards.isPaused(),
  ]);
  const evaluation = job === undefined ? 'none' : job.finishedOn === undefined ? 'waits' : 'failed';
  return { evaluation, paused } as const;
}

/** One award for one person, explained. */
export type AwardExplained = ReturnType<typeof explainAwards>['awards'][number];

/** Pure. Explains every award in the scheme's order, and each badge that counts for none. */
function explainAwards(decision: Decision) {
  const explanation = explanationOf(decision);
  const { scheme, evaluation, background } = explanation;
  const text = new ExplanationText(explanation, PAGE_WORDS);
  const awards = evaluation.awards.map((verdict) => {
    const { award, status, tree } = verdict;
    const ownRecords = decision.person.records.filter(({ badgeId }) => badgeId === award.badgeId);
    const states = ownRecords.map(({ record }) => record.state);
    const [kind, state] = stateLabelOf(verdict, background, states);
    const explained = inLang(text.award(verdict), 'fr');
    return {
      award,
      kind,
      /** The state in a word or two. */
      state,
      /** How far the rule is met. Null: the award is held. */
      progress: status === 'held' ? null : progressOf(tree),
      blocked: status === 'blocked',
      /** The status in a sentence. */
      status: explained.text,
      /** The history, the rule, and suggestions. */
      under: explained.under,
    };
  });
  return { awards, excluded: text.excluded().map(({ fr }) => fr), scheme };
}

/** The pages are in French alone. */
const inFrench = (words: string): Localized => localized(() => words);

/**
 * The words of `palier explain` for a page. The status has no award's name, which is in the heading; a button
 * replaces a command.
 */
const PAGE_WORDS: ExplainWords = {
  ...EXPLAIN_WORDS,
  award: (_name, _id, _level, status) => status,
  status: {
    ...EXPLAIN_WORDS.status,
    waiting: inFrench('dû selon les règles modifiées, en attente de leur mise en vigueur (page Barème)'),
  },
  history: {
    ...EXPLAIN_WORDS.history,
    unblock: () => inFrench('Pour qu’il puisse être délivré à nouveau : « Débloquer », ci-dessous'),
  },
  holdsStatus: { ...EXPLAIN_WORDS.holdsStatus, waiting: inFrench('dû, en attente de la mise en vigueur') },
};

type StateLabel = readonly [kind: StateKind, words: string];

const SENDING: StateLabel = ['waiting', 'en cours d’envoi'];

/** Pure. Returns an award's state in a word or two. @param states of its records under all the person's addresses */
function stateLabelOf(
  { award, status }: Pick<AwardVerdict, 'award' | 'status'>,
  { flagged, waiting }: Background,
  states: readonly AwardState[],
): StateLabel {
  if (status === 'held')
    return flagged.has(award.badgeId) ? ['waiting', 'obtenu, à examiner'] : ['good', 'obtenu'];
  if (status === 'blocked') return ['bad', 'bloqué'];
  if (states.includes('unknown')) return ['waiting', 'envoyé, vérifié dans OBF'];
  if (states.includes('claimed')) return SENDING;
  if (status === 'inactive') return ['neutral', 'inactif'];
  if (waiting.has(award.id)) return ['waiting', 'attend la mise en vigueur'];
  if (status === 'not_met') return ['neutral', 'pas encore'];
  if (states.includes('refused')) return ['bad', 'refusé par OBF'];
  return states.includes('due') ? SENDING : ['waiting', 'dû'];
}

/** Pure. Returns a rule's progress: of a badges condition, the tally furthest behind, and all tallies in words. */
function progressOf(tree: ConditionResult): Tally & { readonly words: string } {
  if (tree.kind === 'badges') {
    const { have, need } = tree.demands.reduce((least, one) => (share(one) < share(least) ? one : least));
    return { have, need, words: talliesPhrase(tree.demands).fr };
  }
  const [first, second] = tree.kind === 'holds' ? [] : tree.of;
  if (first !== undefined && second === undefined) return progressOf(first);
  const { have, need } = tree.kind === 'holds' ? { have: tree.met ? 1 : 0, need: 1 } : tree;
  const conditions = pluralForm(have, 'condition', 'conditions');
  return { have, need, words: `${formatNumber(have)} ${conditions} sur ${formatNumber(need)}` };
}

const share = ({ have, need }: Tally): number => (need === 0 ? 1 : have / need);

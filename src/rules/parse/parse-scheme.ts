import { IANAZone } from 'luxon';
import { readAwards, type Awards } from './awards.js';
import { readCompetencies, type Competencies } from './competencies.js';
import { crossCheckEnrolments, type Enrolments, readPartners } from './partners.js';
import { Report, SchemeFaults, type SchemeFault, type SchemeFile, type Node } from './fault.js';
import { readFields, type Reading, readText } from './read.js';
import { type Known, warnOfReachToday } from './reach.js';
import { readTree } from './yaml-tree.js';
import { versionOf } from '../version.js';
import type { Scheme } from '../types.js';

export { formatFault, SchemeFaults } from './fault.js';
export type { SchemeFault, SchemeFile } from './fault.js';

/** The two files of the scheme. */
export interface SchemeFiles {
  readonly scheme: SchemeFile;
  readonly partners: SchemeFile;
}

/** A scheme, or every fault of it at once; never both. Warnings stop nothing. */
export type ParseResult =
  | { readonly ok: true; readonly scheme: Scheme; readonly warnings: readonly SchemeFault[] }
  | {
      readonly ok: false;
      readonly faults: readonly SchemeFault[];
      readonly warnings: readonly SchemeFault[];
    };

/**
 * Reads the Région's rules and who takes part. Pure: the same texts, the same result.
 * @param timeZone IANA zone of the dates; `TZ_SCHEME`, checked already
 * @throws RangeError when there is no such zone
 */
export function parseScheme(files: SchemeFiles, timeZone: string): ParseResult {
  if (!IANAZone.isValidZone(timeZone)) throw new RangeError(`No time zone is named ${timeZone}`);
  const report = new Report();
  const reading: Reading = { report, timeZone };
  const parts = readParts(reading, readTree(files.scheme, report), readTree(files.partners, report));
  const inOrder = [files.scheme, files.partners];
  const faults = report.faults(inOrder);
  if (faults.length > 0) return { ok: false, faults, warnings: report.warnings(inOrder) };
  for (const placed of parts.awards.placed) warnOfReachToday(report, placed, parts.enrolments.partners);
  return { ok: true, scheme: toScheme(parts, files, timeZone), warnings: report.warnings(inOrder) };
}

/**
 * As `parseScheme`, for callers that need a scheme.
 * @throws SchemeFaults with every fault
 */
export function schemeOrThrow(files: SchemeFiles, timeZone: string): Scheme {
  const result = parseScheme(files, timeZone);
  if (!result.ok) throw new SchemeFaults(result.faults);
  return result.scheme;
}

interface Parts {
  readonly name: string;
  readonly competencies: Competencies | null;
  readonly enrolments: Enrolments;
  readonly awards: Awards;
}

const SCHEME_KEYS = { required: ['scheme', 'competencies', 'awards'], optional: [] } as const;

/** Reads what stands on nothing first: competencies, then who enrolled what, then the rules over both. */
function readParts(reading: Reading, schemeRoot: Node | null, partnersRoot: Node | null): Parts {
  const fields = readFields<(typeof SCHEME_KEYS.required)[number]>(
    reading,
    schemeRoot ?? undefined,
    SCHEME_KEYS,
  );
  const competencies = readCompetencies(reading, fields?.get('competencies'));
  const abilityNames = competencies?.abilityNames ?? null;
  const drafts = partnersRoot === null ? null : readPartners({ ...reading, abilityNames }, partnersRoot);
  const enrolments = crossCheckEnrolments(reading.report, drafts ?? []);
  const known: Omit<Known, 'awards'> = {
    abilityNames,
    partners: drafts && new Map(drafts.map(({ clientId, active }) => [clientId, active])),
    badges: drafts && enrolments.badges,
  };
  const awards = readAwards({ ...reading, known }, fields?.get('awards'));
  return { name: readText(reading, fields?.get('scheme'))?.value ?? '', competencies, enrolments, awards };
}

function toScheme(
  { name, competencies, enrolments, awards }: Parts,
  files: SchemeFiles,
  timeZone: string,
): Scheme {
  const { partners } = enrolments;
  const scheme: Omit<Scheme, symbol> = {
    name,
    version: versionOf(timeZone, awards.inOrder, partners),
    source: { scheme: files.scheme.text, partners: files.partners.text },
    timeZone,
    competencies: competencies?.byId ?? new Map(),
    awards: awards.inOrder,
    partners,
    enrolments: new Map(
      partners.flatMap(({ badges }) => badges.map((badge) => [badge.badgeId, badge] as const)),
    ),
    partnersById: new Map(partners.map((partner) => [partner.clientId, partner] as const)),
  };
  // The mark says "checked", and this is the one place that may set it: no fault was found above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return scheme as Scheme;
}

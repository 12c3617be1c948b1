import { asClientId } from '../../ids.js';
import type { Partner } from '../types.js';
import { readBadge, type BadgeDraft, type PartnersReading } from './badge-lines.js';
import { readFields } from './fields.js';
import { readFlag, readId, readList, readText, type Located, type Reading } from './read.js';
import type { Node } from './tree.js';
import { already } from './words.js';

export interface PartnerDraft extends Omit<Partner, 'badges'> {
  readonly badges: readonly BadgeDraft[];
}

/** Reads partners.yaml, line by line; null when there is no list to read. */
export function readPartners(reading: PartnersReading, root: Node): readonly PartnerDraft[] | null {
  const fields = readFields(reading, root, { required: ['partners'], optional: [] });
  const list = readList(reading, fields?.get('partners'));
  if (list === undefined) return null;
  const firstOf = new Map<string, Located<string>>();
  return list.items.flatMap((item, index) => readPartner(reading, item, index, firstOf) ?? []);
}

const PARTNER_KEYS = {
  required: ['client_id'],
  optional: ['name', 'secret_env', 'active', 'badges'],
} as const;

function readPartner(
  reading: PartnersReading,
  node: Node,
  index: number,
  firstOf: Map<string, Located<string>>,
): PartnerDraft | undefined {
  const fields = readFields(reading, node, PARTNER_KEYS);
  if (fields === undefined) return undefined;
  const id = readId(reading, fields.get('client_id'));
  const first = id === undefined ? undefined : firstOf.get(id.value);
  if (id !== undefined && first === undefined) firstOf.set(id.value, id);
  if (id !== undefined && first !== undefined)
    reading.report.fault(id.at, already('partner', id.value, first.at));
  // A partner whose id cannot be read keeps apart from all others; it never leaves this load.
  const clientId = asClientId(id?.value ?? `?${index}`);
  return {
    clientId,
    name: readText(reading, fields.get('name')) ?? clientId,
    secretEnv: readVariable(reading, fields.get('secret_env')) ?? null,
    active: readFlag(reading, fields.get('active')) ?? true,
    badges: (readList(reading, fields.get('badges'))?.items ?? []).flatMap(
      (item) => readBadge(reading, item, clientId) ?? [],
    ),
  };
}

/** The value is never shown: whoever mistakes the key for the secret itself pastes it here. */
function readVariable({ report }: Reading, node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  const isVariable =
    node.kind === 'scalar' && typeof node.value === 'string' && /^[A-Z_][A-Z0-9_]*$/.test(node.value);
  if (isVariable) return node.text;
  return report.fault(node.at, {
    fr: "attendu : le nom d'une variable d'environnement (majuscules, chiffres, « _ »), comme OBF_SECRET_P1 ; jamais le secret lui-même",
    en: 'expected the name of an environment variable (capitals, digits, "_"), like OBF_SECRET_P1; never the secret itself',
  });
}

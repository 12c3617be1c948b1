import type { ClientId } from '../../../ids.js';
import type { Ignored } from '../../../earners/unenrolled-badges.js';
import type { News } from '../../../earners/partner-activity.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import type { PageContext } from '../context.js';
import { accessOf, ignoredIn, newsByClient, type Access } from './partner.js';

export interface PartnerRow {
  readonly partner: Partner;
  readonly access: Access;
  readonly last: News | null;
  readonly silent: boolean;
  /** Badges that it issued and that are not enrolled. */
  readonly notEnrolled: number;
}

/** A client that sent notices and takes no part. */
export interface Stranger extends Ignored {
  readonly clientId: ClientId;
  /** It is in partners.yaml, as one who takes no part any more; null: nobody knows it. */
  readonly partner: Partner | null;
}

export interface PartnersModel {
  /** In the order of their names. */
  readonly rows: readonly PartnerRow[];
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** Whoever came last first. */
  readonly strangers: readonly Stranger[];
}

/** So many on a page. */
export const PARTNERS_A_PAGE = 100;

export async function readPartners({
  pipeline,
  query,
}: Pick<PageContext, 'pipeline' | 'query'>): Promise<PartnersModel> {
  const { scheme } = await pipeline.schemes.now();
  const all = scheme.partners.toSorted((a, b) => a.name.localeCompare(b.name, 'fr'));
  const pages = Math.max(1, Math.ceil(all.length / PARTNERS_A_PAGE));
  const page = Math.min(pages, pageIn(query.get('page')));
  const shown = all.slice((page - 1) * PARTNERS_A_PAGE, page * PARTNERS_A_PAGE);
  const ignored = ignoredIn(pipeline);
  const [news, known, clients] = await Promise.all([
    newsByClient(pipeline, scheme),
    pipeline.news.all(),
    ignored.clients(),
  ]);
  const rows = shown.map(async (partner): Promise<PartnerRow> => {
    const badges = await ignored.badgesOf(partner.clientId);
    return {
      partner,
      access: accessOf(pipeline, partner),
      last: known.get(partner.clientId) ?? null,
      silent: news.get(partner.clientId)?.silent ?? false,
      notEnrolled: [...badges.keys()].filter((id) => !scheme.enrolments.has(id)).length,
    };
  });
  return {
    rows: await Promise.all(rows),
    total: all.length,
    page,
    pages,
    strangers: strangersOf(scheme, clients),
  };
}

/** Who takes part by now is no stranger any more. */
function strangersOf(scheme: Scheme, clients: ReadonlyMap<ClientId, Ignored>): readonly Stranger[] {
  return [...clients].flatMap(([clientId, ignored]) => {
    const partner = scheme.partnersById.get(clientId) ?? null;
    return partner?.active === true ? [] : [{ clientId, partner, ...ignored }];
  });
}

const pageIn = (text: string | null): number =>
  text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;

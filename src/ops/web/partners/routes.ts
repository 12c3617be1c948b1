import { page, type Route } from '../route.js';
import { PartnersView } from './list-view.js';
import { PartnerView } from './partner-view.js';
import { readPartner, readPartners } from './read.js';
import { PARTNERS } from './words.js';

export const PARTNER_ROUTES: readonly Route[] = [
  page({
    name: 'partners',
    path: '/organismes',
    title: PARTNERS.title,
    nav: PARTNERS.title,
    read: readPartners,
    view: PartnersView,
  }),
  page({
    name: 'partners',
    path: '/organismes/:client',
    title: ({ partner: { name } }) => ({ fr: name, en: name }),
    read: readPartner,
    view: PartnerView,
  }),
];

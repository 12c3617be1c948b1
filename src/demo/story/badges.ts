import * as cast from './cast.js';
import { GROUP, STRANGER } from './cast.js';
import { COMMUNIQUER, give, holds, say, third, type Scene } from './scene.js';

export const workshops: Scene = {
  ...COMMUNIQUER,
  title: 'Deux ateliers, neuf personnes',
  steps: [
    say(
      "La Région remet « Communiquer : je pratique » à qui a réuni 3 badges, reçus d'au moins 2 organismes. " +
        'Amina, Bastien, Chloé, Driss, Élise, Farid, Gaëlle, Hugo et Jeanne suivent un atelier à la Mission locale des ' +
        'Trois Vallées, qui leur remet « Prendre la parole en groupe ».',
    ),
    give('ML_TROIS_VALLEES', 'ML_PAROLE', ...GROUP),
    say('Puis le CFA des Métiers du Bocage leur remet « Écrire à un client ».'),
    give('CFA_BOCAGE', 'CFA_ECRIRE', ...GROUP),
    say('Deux badges sur trois : rien ne part.'),
  ],
};

export const amina: Scene = {
  ...COMMUNIQUER,
  title: 'Amina : le troisième badge',
  steps: [
    say("Les Ateliers du Cotentin remettent « Écouter et reformuler » à Amina : c'est son troisième badge."),
    ...third(cast.AMINA),
    say("À la Région, personne n'a rien eu à faire."),
  ],
};

export const driss: Scene = {
  ...COMMUNIQUER,
  title: "Driss : un organisme sans clé d'API",
  steps: [
    say(
      "La Fabrique d'Albâtre n'a pas confié de clé d'API à la Région. Open Badge Factory envoie à Palier " +
        "l'adresse du badge de Driss ; Palier va l'y lire et vérifie de qui il vient, et qu'il est bien à Driss.",
    ),
    give('FABRIQUE_ALBATRE', 'FAB_RACONTER', cast.DRISS),
    holds(cast.DRISS, 'R_COMM_1'),
  ],
};

export const worthless: Scene = {
  ...COMMUNIQUER,
  title: 'Farid, Gaëlle et Hugo : ce qui ne compte pas',
  steps: [
    say('La Mission locale retire à Farid un badge remis par erreur ; puis il reçoit un troisième badge.'),
    { revoke: { partner: 'ML_TROIS_VALLEES', badge: 'ML_PAROLE', from: [cast.FARID.email] } },
    give('ATELIERS_COTENTIN', 'ADC_ECOUTER', cast.FARID),
    say('Le troisième badge de Gaëlle a déjà expiré.'),
    {
      issue: {
        partner: 'ATELIERS_COTENTIN',
        badge: 'ADC_ECOUTER',
        to: [{ email: cast.GAELLE.email, name: cast.GAELLE.name }],
        issued_on: '2024-05-13',
        expires_on: '2025-05-13',
      },
    },
    say(`Celui de Hugo vient du ${STRANGER.name}, qui ne participe pas.`),
    give(STRANGER.id, STRANGER.badge.id, cast.HUGO),
    say('Tous trois restent à deux badges sur trois.'),
  ],
};

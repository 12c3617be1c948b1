import { ABSENT, CLASS, INES, PRESENT } from './cast.js';
import { give, holds, say, type Scene } from './scene.js';

export const aClass: Scene = {
  toward: 'R_ORGA_1',
  title: 'Une classe de vingt',
  steps: [
    say("« Organiser : je pratique » demande 2 badges. Au CFA, les vingt apprentis reçoivent « À l'heure »."),
    give('CFA_BOCAGE', 'CFA_HORAIRES', ...CLASS),
    say(`Le lendemain, ${ABSENT.name} est absent : les dix-neuf autres reçoivent « Tenir son atelier ».`),
    give('CFA_BOCAGE', 'CFA_ATELIER', ...PRESENT),
    ...PRESENT.map((one) => holds(one, 'R_ORGA_1')),
    say(`${ABSENT.name} n'en a qu'un sur deux ; avec le second, il aura le sien.`),
  ],
};

export const ines: Scene = {
  toward: 'R_COMM_2',
  title: 'Inès : un badge en appelle un autre',
  steps: [
    say(
      "L'an dernier, la Région a remis trois badges à Inès, à la main : elle pratique Communiquer, et maîtrise " +
        "Organiser et S'adapter. Palier l'a lu dans le compte de la Région.",
    ),
    give('ATELIERS_COTENTIN', 'ADC_TRANSMETTRE', INES),
    give('ATELIERS_COTENTIN', 'ADC_DISCOURS', INES),
    holds(INES, 'R_COMM_2'),
    holds(INES, 'R_GENERAL'),
    say("Communiquer est la troisième compétence qu'elle maîtrise : le badge général a suivi de lui-même."),
  ],
};

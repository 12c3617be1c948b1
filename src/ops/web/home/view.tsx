import type { VNode } from 'preact';
import { BarChart } from '../parts/bar-chart.js';
import type { View } from '../route.js';
import { FlagsPart } from './flags-view.js';
import { NowPart } from './now-view.js';
import { ObfPart } from './obf-view.js';
import { PartnersPart } from './partners-view.js';
import type { HomeModel } from './read.js';
import { VerdictPart } from './verdict-view.js';
import { HOME } from './words.js';

export const HomeView: View<HomeModel> = ({ model, lang }): VNode => (
  <>
    <VerdictPart points={model.points} lang={lang} />
    <NowPart model={model} lang={lang} />
    <FlagsPart flags={model.now.flags} lang={lang} />
    <section aria-labelledby="delivres">
      <h2 id="delivres">{HOME.issued[lang]}</h2>
      <BarChart
        caption={HOME.issuedCaption[lang]}
        heading={HOME.competency[lang]}
        series={[HOME.today[lang], HOME.last30Days[lang]]}
        rows={model.issued.map(({ label, today, last30Days }) => ({
          label: label[lang],
          values: [today, last30Days],
        }))}
        empty={HOME.noAward[lang]}
      />
    </section>
    <ObfPart answers={model.lastHour} lang={lang} />
    <PartnersPart partners={model.partners} lang={lang} />
  </>
);

import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { FrameContext, type Frame } from '../../../src/ops/web/parts/frame.js';
import { TRANSLATORS } from '../../../src/ops/web/words.js';

/** An operator's French page. */
export const FRAME: Frame = {
  t: TRANSLATORS.fr,
  user: { name: 'marie', role: 'operateur' },
  nav: [],
  current: 'home',
  name: 'Palier',
  logoHref: null,
  styleHref: '/ops/style.css',
  otherLangHref: '/ops?lang=en',
  timeZone: 'Europe/Paris',
  flash: null,
  requestId: 'r1',
};

/** A part, or a view, as it stands in a page. */
export const renderIn = (part: ComponentChildren, frame: Partial<Frame> = {}): string =>
  renderToString(<FrameContext.Provider value={{ ...FRAME, ...frame }}>{part}</FrameContext.Provider>);

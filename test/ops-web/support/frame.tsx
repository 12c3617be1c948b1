import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { FrameContext, type Frame } from '../../../src/ops/web/parts/text.js';

/** An operator's page. */
export const FRAME: Frame = {
  user: { name: 'marie', role: 'operateur' },
  nav: [],
  current: 'home',
  name: 'Palier',
  hasLogo: false,
  timeZone: 'Europe/Paris',
  flash: null,
  requestId: 'r1',
};

/** A part, or a view, as it stands in a page. */
export const renderIn = (part: ComponentChildren, frame: Partial<Frame> = {}): string =>
  renderToString(<FrameContext.Provider value={{ ...FRAME, ...frame }}>{part}</FrameContext.Provider>);

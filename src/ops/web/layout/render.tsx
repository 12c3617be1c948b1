import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { withoutMarks } from '../../../platform/invisible.js';
import { FrameContext, type Frame } from './frame.js';
import { Layout } from './layout.js';
import { typesetFrench } from './typeset.js';

interface Sheet {
  readonly title: string;
  readonly onTo: string | null;
  readonly body: ComponentChildren;
}

/** A page as it is sent. Everything that is text is escaped, and turns no other text around. */
export function renderPage(frame: Frame, { title, onTo, body }: Sheet): string {
  const html = withoutMarks(
    renderToString(
      <FrameContext.Provider value={frame}>
        <Layout title={title} onTo={onTo}>
          {body}
        </Layout>
      </FrameContext.Provider>,
    ),
  );
  return `<!doctype html>${frame.lang === 'fr' ? typesetFrench(html) : html}`;
}

import type { VNode } from 'preact';
import { durationWords, instantWords } from '../../shared/words.js';
import { useFrame } from '../layout/frame.js';

/** A number as the language writes it: `100 000`. */
export const numberWords = (n: number, lang: 'fr' | 'en'): string => new Intl.NumberFormat(lang).format(n);

export const Count = ({ of }: { readonly of: number }): VNode => <>{numberWords(of, useFrame().lang)}</>;

/** An instant, Unix seconds, in the scheme's zone. */
export function Instant({ atS }: { readonly atS: number }): VNode {
  const { lang, timeZone } = useFrame();
  return <time dateTime={new Date(atS * 1000).toISOString()}>{instantWords(atS, timeZone)[lang]}</time>;
}

/** How long, seconds: `3 h 12 min`. */
export const Duration = ({ s }: { readonly s: number }): VNode => <>{durationWords(s)[useFrame().lang]}</>;

interface OutLinkProps {
  readonly href: string;
  readonly children: string;
}

/** To another site. An address that is none of the web's is shown, and leads nowhere. */
export const OutLink = ({ href, children }: OutLinkProps): VNode =>
  /^https?:\/\//i.test(href) ? (
    <a href={href} rel="noreferrer">
      {children}
    </a>
  ) : (
    <span>{children}</span>
  );

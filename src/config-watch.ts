import type { z } from 'zod';
import { value } from './config-values.js';

/** How Palier is watched from outside. */
export interface WatchConfig {
  /** Of `/metrics`; null: there is no such address. */
  readonly metricsToken: string | null;
  /** Whether jobs leave spans. Where they go is for the OpenTelemetry SDK, which reads the same variable. */
  readonly tracing: boolean;
}

/** What RFC 6750 lets a bearer token hold; long enough not to be guessed. */
const bearerToken = (text: string): string | null => (/^[\w.~+/-]{16,}=*$/.test(text) ? text : null);

const webUrl = (text: string): string | null =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : null;

/** Both optional. */
export const watchVariables = {
  METRICS_TOKEN: value(
    bearerToken,
    'au moins 16 lettres, chiffres ou « - . _ ~ + / » (« openssl rand -hex 32 » en fait un)',
    'at least 16 letters, digits or "- . _ ~ + /" ("openssl rand -hex 32" makes one)',
  ).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: value(
    webUrl,
    'une adresse http ou https est attendue',
    'an http or https address is expected',
  ).optional(),
};

type WatchVariables = z.output<z.ZodObject<typeof watchVariables>>;

export const watchConfigOf = (v: WatchVariables): WatchConfig => ({
  metricsToken: v.METRICS_TOKEN ?? null,
  tracing: v.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
});

const switched = (on: boolean): string => (on ? 'on' : 'off');

/** For a reader: neither the token nor where spans go. */
export const describeWatch = ({ metricsToken, tracing }: WatchConfig): Readonly<Record<string, string>> => ({
  metrics: switched(metricsToken !== null),
  tracing: switched(tracing),
});

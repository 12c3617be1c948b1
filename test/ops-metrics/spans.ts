import { AsyncLocalStorage } from 'node:async_hooks';
import {
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type ContextManager,
  type Span,
  type SpanContext,
  type SpanOptions,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api';

/** A span that was begun, as an SDK would send it to a collector. */
export interface Recorded {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null: it is the first of its trace. */
  readonly parentId: string | null;
  readonly attributes: Attributes;
  ended: boolean;
}

export interface Recorder {
  readonly spans: readonly Recorded[];
  /** Takes back what was registered. */
  stop(): void;
}

/** The least that an SDK is, registered where every SDK registers: with `@opentelemetry/api`. */
export function recordSpans(): Recorder {
  const spans: Recorded[] = [];
  const tracer: Tracer = {
    startSpan: (name, options, ctx) => begin(spans, name, options, ctx),
    startActiveSpan: () => {
      throw new Error('not used by bullmq-otel');
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  context.setGlobalContextManager(contexts());
  propagation.setGlobalPropagator(TRACEPARENT);
  const stop = (): void => [trace, context, propagation].forEach((api) => api.disable());
  return { spans, stop };
}

const hex = (length: number): string =>
  Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');

function begin(spans: Recorded[], name: string, { attributes = {} }: SpanOptions = {}, ctx?: Context): Span {
  const parent = trace.getSpanContext(ctx ?? context.active());
  const parentId = parent !== undefined && isSpanContextValid(parent) ? parent.spanId : null;
  const traceId = parentId === null ? hex(32) : (parent?.traceId ?? '');
  const recorded = { name, traceId, spanId: hex(16), parentId, attributes: { ...attributes }, ended: false };
  spans.push(recorded);
  const spanContext: SpanContext = { traceId, spanId: recorded.spanId, traceFlags: TraceFlags.SAMPLED };
  const span: Span = {
    spanContext: () => spanContext,
    setAttribute: (key, value) => (Object.assign(recorded.attributes, { [key]: value }), span),
    setAttributes: (more) => (Object.assign(recorded.attributes, more), span),
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    end: () => void (recorded.ended = true),
    isRecording: () => !recorded.ended,
    recordException: () => undefined,
  };
  return span;
}

function contexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (ctx, fn, thisArg, ...args) => storage.run(ctx, () => fn.apply(thisArg as never, args)),
    bind: (_ctx, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** As in W3C Trace Context, as far as it takes to join spans. */
const TRACEPARENT: TextMapPropagator = {
  fields: () => ['traceparent'],
  inject(ctx, carrier, setter) {
    const span = trace.getSpanContext(ctx);
    if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`);
  },
  extract(ctx, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
    if (traceId === undefined || spanId === undefined) return ctx;
    return trace.setSpanContext(ctx, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
  },
};

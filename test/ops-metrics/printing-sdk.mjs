// Stands in for an OpenTelemetry SDK, loaded as one is: `node --import`. It prints each span that ends.
import { trace } from '@opentelemetry/api';

const SPAN_CONTEXT = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
const span = (name) => ({
  spanContext: () => SPAN_CONTEXT,
  setAttribute: () => undefined,
  setAttributes: () => undefined,
  recordException: () => undefined,
  addEvent: () => undefined,
  end: () => process.stdout.write(`span ended: ${name}\n`),
});
trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: span }) });
